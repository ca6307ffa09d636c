"use strict";

// The range input does the work: it is dragged, tapped and moved by keys like any other.
for (const input of document.querySelectorAll("input.cut")) {
  const show = () => {
    input.parentElement.style.setProperty("--cut", `${input.value}%`);
    input.setAttribute("aria-valuetext", `${input.value} % source`);
  };
  input.addEventListener("input", show);
  show(); // A reloaded page keeps the values of its inputs.
}

for (const button of document.querySelectorAll("button.copy")) {
  const code = button.previousElementSibling;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "copied";
    } catch {
      // Without leave to write the clipboard, mark the text for the reader to copy.
      getSelection().selectAllChildren(code);
      button.textContent = "marked";
    }
    setTimeout(() => { button.textContent = "copy"; }, 1500);
  });
}
