"use strict";

// A range input does the work: it is dragged, tapped and moved by keys like any other.
for (const input of document.querySelectorAll("input.cut")) {
  const show = () => {
    input.parentElement.style.setProperty("--cut", `${input.value}%`);
    input.setAttribute("aria-valuetext", `${input.value} % source`);
  };
  input.addEventListener("input", show);
  show(); // A reloaded page keeps the values of its inputs.
}
