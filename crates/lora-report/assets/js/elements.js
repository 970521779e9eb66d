// Elements, made by name. Text is always set as text, never read as HTML.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** An SVG element. */
const shape = (name, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, name), attributes, children);

/** An HTML element. */
const tag = (name, attributes = {}, ...children) =>
  fill(document.createElement(name), attributes, children);

const MARKED =
  /_\{([^}]*)\}|\^\{([^}]*)\}|(?<=[ZηW])_([A-Za-z]+)|\^([-−]?(?:[0-9]+(?:[/.][0-9]+)?|[α-ω]))/gu;

/** Splits text at indices and powers: "Z_{A}" is ["Z", {low: "A"}], "n^-1" ["n", {high: "−1"}]. */
function pieces(text) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(MARKED)) {
    parts.push(text.slice(from, found.index));
    const low = found[1] ?? found[3];
    parts.push(low === undefined ? { high: minus(found[2] ?? found[4]) } : { low });
    from = found.index + found[0].length;
  }
  return [...parts, text.slice(from)];
}

/** Text with indices and powers, for HTML. */
const rich = (text) =>
  pieces(text).map((part) => {
    if (part.low !== undefined) return tag("sub", {}, part.low);
    return part.high === undefined ? part : tag("sup", {}, part.high);
  });

/** The same for SVG. */
function richShape(attributes, text) {
  const parent = shape("text", attributes);
  let back = 0;
  for (const part of pieces(text)) {
    if (part === "") continue;
    const shift = part.low !== undefined ? 3 : part.high !== undefined ? -4 : 0;
    const text = part.low ?? part.high ?? part;
    parent.append(
      shape("tspan", { dy: shift + back || null, style: shift ? "font-size:9px" : null }, text),
    );
    back = -shift;
  }
  return parent;
}
