"use strict";

// Every pair of sets by one metric, as signs in a matrix.

const SIGNS = { better: "▲", worse: "▼", higher: "▲", lower: "▼", unclear: "·", unlike: "≠" };

function drawPairs(metric) {
  if (!$("all-pairs").open) return;
  const compared = ordered(metric).filter((place) =>
    metric.differences.some(([a, b]) => a === place || b === place));
  const head = el("tr", {}, el("td"), ...compared.map((place) =>
    el("th", { scope: "col" }, el("span", {}, data.sets[place].name))));
  const rows = compared.map((row) => el("tr", { class: data.sets[row].role },
    el("th", { scope: "row" }, data.sets[row].name),
    ...compared.map((column) => pairCell(metric, row, column))));
  $("pairs").replaceChildren(el("thead", {}, head), el("tbody", {}, ...rows));
}
function pairCell(metric, row, column) {
  const found = row === column ? null : differenceOf(metric, row, column);
  if (!found) return el("td", { class: "same" });
  const { figure, verdict } = found;
  const words = `${data.sets[row].name} against ${data.sets[column].name}: ` +
    `${decimal(figure[0], metric.digits, true)} ` +
    `(${spanWords(figure, metric.digits, true)}), ${BETTER[verdict]}`;
  return el("td", { class: verdict, title: words },
    el("span", { "aria-hidden": "true" }, SIGNS[verdict]),
    el("span", { class: "unseen" }, BETTER[verdict]));
}

if ($("metric")) {
  fillSelect($("reference"), data.sets.map((set) => set.name));
  $("metric").addEventListener("change", showMetric);
  $("reference").addEventListener("change", () => {
    referenceChosen = true;
    drawAgainst(data.metrics[$("metric").value]);
  });
  $("all-pairs").addEventListener("toggle", () => drawPairs(data.metrics[$("metric").value]));
  showMetric();
}
