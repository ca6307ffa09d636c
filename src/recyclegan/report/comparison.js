"use strict";

// What all parts of the page draw with.

const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}
function decimal(value, digits, signed = false) {
  if (value === null) return "–";
  const rounded = Number(value.toFixed(digits)) + 0; // Adding zero takes the sign off a negative one.
  return ((signed && rounded >= 0 ? "+" : "") + rounded.toFixed(digits)).replace("-", "−");
}
function fillSelect(select, names) {
  select.replaceChildren(...names.map((name, place) => el("option", { value: place }, name)));
}

// Bars share one axis that holds zero; whatever is drawn lies at its percent of that axis.
function axisOf(ends) {
  const known = ends.filter((end) => end !== null);
  const low = Math.min(0, ...known);
  const high = Math.max(0, ...known);
  const span = high - low || 1;
  return (value) => (100 * (value - low)) / span;
}
function bar(at, [value, low, high], kind = "solid") {
  const track = el("span", { class: `track ${kind}`, "aria-hidden": "true" });
  const place = (name, from, to) => {
    const style = `left:${Math.min(from, to)}%;width:${Math.abs(to - from)}%`;
    track.append(el("i", { class: name, style }));
  };
  if (value !== null && kind !== "dot") place("fill", at(0), at(value));
  place("zero", at(0), at(0));
  if (low !== null) place("interval", at(low), at(high));
  if (value !== null && kind === "dot") place("dot", at(value), at(value));
  return track;
}

// A picture is embedded once; where it is shown again, it is taken from there.
for (const image of document.querySelectorAll("img[data-copy]")) {
  image.src = $(image.dataset.copy).src;
}
