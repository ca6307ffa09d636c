"use strict";

// A range input does the work: it is dragged, tapped and moved by keys like any other.
function showCut(input) {
  input.parentElement.style.setProperty("--cut", `${input.value}%`);
  input.setAttribute("aria-valuetext", `${input.value} % source`);
}
for (const input of document.querySelectorAll("input.cut")) {
  input.addEventListener("input", () => showCut(input));
  showCut(input); // A reloaded page keeps the values of its inputs.
}
