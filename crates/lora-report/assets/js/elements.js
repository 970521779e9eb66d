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

/** Splits text at subscripts in braces: "Z_{A}" is ["Z", {low: "A"}]. */
function pieces(text) {
  return text.split(/_\{([^}]*)\}/).map((part, index) => (index % 2 ? { low: part } : part));
}

/** Text with subscripts, for HTML. */
const rich = (text) => pieces(text).map((part) => (part.low ? tag("sub", {}, part.low) : part));

/** The same for SVG. */
function richShape(attributes, text) {
  const parent = shape("text", attributes);
  let back = 0;
  for (const part of pieces(text)) {
    if (part === "") continue;
    const low = part.low !== undefined;
    const dy = low ? 3 : back;
    back = low ? -3 : 0;
    parent.append(shape("tspan", { dy: dy || null, "font-size": low ? "9px" : null }, part.low ?? part));
  }
  return parent;
}
