// One tooltip for the page. It is a live region, so that readers of a screen hear it.

const tooltip = tag("div", { id: "tooltip", role: "status", hidden: "" });
let tipOwner = null;

/** Shows lines of text beside a point of an element; the first is the title. */
function showTip(lines, svg, x, y) {
  tipOwner = svg;
  tooltip.replaceChildren(tag("strong", {}, ...rich(lines[0])));
  lines.slice(1).forEach((line) => tooltip.append(tag("div", {}, ...rich(line))));
  tooltip.hidden = false;
  const box = svg.getBoundingClientRect();
  const [width, height] = [tooltip.offsetWidth, tooltip.offsetHeight];
  const room = document.documentElement.clientWidth;
  const left = Math.min(Math.max(box.left + x + 14, 4), room - width - 4);
  const above = box.top + y - height - 12;
  const top = above > 4 ? above : box.top + y + 16;
  tooltip.style.left = `${left + window.scrollX}px`;
  tooltip.style.top = `${top + window.scrollY}px`;
}

/** Hides it; for an element, only if it is that element's: the next one may have shown its own. */
function hideTip(svg = tipOwner) {
  if (svg === tipOwner) tooltip.hidden = true;
}
