"""The contrast of every text on the page, by WCAG's formula, as a script for the browser."""

# Text of 24 px, or of 18.66 px in bold, needs 3 to 1, other text 4.5. Static figures have paper and
# colours of their own; options are drawn by the system.
CONTRAST = """
const channels = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
const linear = (c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);

function ground(element) {
  for (let e = element; e; e = e.parentElement) {
    const [r, g, b, a = 1] = channels(getComputedStyle(e).backgroundColor);
    if (a > 0.99) return [r, g, b];
  }
  return [255, 255, 255];
}

const poor = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || element.closest('script, noscript, style, option, .paper')) continue;
  if (!element.getClientRects().length) continue;
  const style = getComputedStyle(element);
  const svg = element.namespaceURI.endsWith('svg');
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  const found = ratio(channels(svg ? style.fill : style.color), ground(element));
  if (found < (large ? 3 : 4.5)) poor.push(`${found.toFixed(2)} ${walker.currentNode.data.trim().slice(0, 40)}`);
}
return poor;
"""
