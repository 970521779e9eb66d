// Everything that needs a script appears, and listens.

document.body.append(tooltip);
document.querySelectorAll(".app").forEach((app) => (app.hidden = false));

const onChange = (selector, act) =>
  document.querySelectorAll(selector).forEach((control) => control.addEventListener("input", act));

const drawAll = () => [viewLr, viewSteps, viewWidth].forEach((view) => view());
onChange('input[name="init"], input[name="width"]', drawAll);
onChange("#view-lr select, #view-lr input", viewLr);
onChange("#view-steps select, #view-steps input", viewSteps);
onChange("#view-width select, #view-width input", viewWidth);
drawAll();

// A page on a transformer has no map.
if (THEORY) {
  onChange("[data-axis], #down, #gamma", drawTheory);
  drawTheory();
  let mapWidth = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth === mapWidth) return;
    mapWidth = window.innerWidth;
    drawTheory();
  });
}

if (document.getElementById("claims")) {
  onChange('input[name="verdict"], #topic, #claim-search', filterClaims);
  addTests();
  filterClaims();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") hideTip();
});
