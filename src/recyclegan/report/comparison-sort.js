"use strict";

// The table of all figures, sorted by any heading; sets without a figure come last either way.

const table = document.querySelector("table.figures");
const headings = [...table.querySelectorAll("thead th")];

function sortBy(place) {
  const heading = headings[place];
  const up = heading.getAttribute("aria-sort") !== "ascending";
  const isText = heading.dataset.kind === "text";
  const body = table.tBodies[0];
  const key = (row) => {
    const cell = row.cells[place];
    if (isText) return cell.firstChild.textContent.trim();
    return cell.dataset.value === undefined ? null : Number(cell.dataset.value);
  };
  const compare = (first, second) => {
    const [a, b] = [key(first), key(second)];
    if (a === null || b === null) return (a === null) - (b === null);
    return (up ? 1 : -1) * (isText ? a.localeCompare(b, undefined, { numeric: true }) : a - b);
  };
  body.append(...[...body.rows].sort(compare));
  for (const other of headings) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", up ? "ascending" : "descending");
  const title = heading.querySelector("span").textContent;
  $("sorted").textContent = `Sorted by ${title}, ${up ? "ascending" : "descending"}.`;
}
for (const [place, heading] of headings.entries()) {
  heading.querySelector("button").addEventListener("click", () => sortBy(place));
}
