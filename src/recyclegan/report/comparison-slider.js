"use strict";

// The source over the translations of chosen sets, and the size of the grid's pictures.

const NUM_SHOWN = 3;

function showCards() {
  const column = data.pictures[$("picture").value];
  for (const card of document.querySelectorAll(".card[data-set]")) {
    const box = boxOf(card.dataset.set);
    card.hidden = !box.checked;
    if (card.hidden) continue;
    const [before, after] = card.querySelectorAll("img");
    for (const [image, key] of [[before, column.source], [after, column.sets[card.dataset.set]]]) {
      image.hidden = !key;
      if (key) image.src = $(key).src;
    }
  }
  $("truth").hidden = !column.truth;
  if (column.truth) $("truth").querySelector("img").src = $(column.truth).src;
  $("previous").disabled = $("picture").selectedIndex === 0;
  $("next").disabled = $("picture").selectedIndex === data.pictures.length - 1;
}
function boxOf(place) {
  return document.querySelector(`.chips input[value="${place}"]`);
}
function step(by) {
  $("picture").selectedIndex += by;
  showCards();
}

if ($("picture")) {
  const boxes = [...document.querySelectorAll(".chips input")];
  const sets = boxes.filter((box) => data.sets[box.value].role === "set");
  if (!boxes.some((box) => box.checked)) {
    for (const box of sets.slice(0, NUM_SHOWN)) box.checked = true;
  }
  for (const box of boxes) box.addEventListener("change", showCards);
  $("picture").addEventListener("change", showCards);
  $("previous").addEventListener("click", () => step(-1));
  $("next").addEventListener("click", () => step(1));
  const cuts = [...document.querySelectorAll("input.cut")];
  for (const cut of cuts) {
    cut.addEventListener("input", () => {
      if (!$("together").checked) return;
      for (const other of cuts) {
        other.value = cut.value;
        showCut(other);
      }
    });
  }
  document.querySelector(".samples").addEventListener("click", (event) => {
    const cell = event.target.closest("td[data-set]");
    if (!cell) return;
    $("picture").value = cell.dataset.picture;
    boxOf(cell.dataset.set).checked = true;
    showCards();
    $("sliders").scrollIntoView();
  });
  showCards();
}
if ($("cell")) {
  const resize = () => document.querySelector(".samples").style.setProperty("--cell", `${$("cell").value}px`);
  $("cell").addEventListener("input", resize);
  resize();
}
