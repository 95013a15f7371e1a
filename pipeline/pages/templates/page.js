"use strict";
// Everything here adds to pages that read without it: sorting, filtering, and the recording beside its transcript.

const narrow = matchMedia("(max-width: 600px)"); // a telephone: fewer rows, and some folds begin closed
if (narrow.matches) for (const fold of document.querySelectorAll(".fold[data-wide]")) fold.open = false;

// Tables: a click on a heading sorts by the cell's data-v, else its text.
for (const table of document.querySelectorAll("table[data-sortable]")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.querySelector(".sort").addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") === "descending" || (!head.hasAttribute("aria-sort") && column === 0);
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "ascending" : "descending");
    const key = (row) => row.cells[column].dataset.v ?? row.cells[column].textContent.trim();
    const numbers = [...table.tBodies[0].rows].every((row) => key(row) !== "" && !isNaN(key(row)));
    const order = (a, b) => (numbers ? key(a) - key(b) : key(a).localeCompare(key(b)));
    const rows = [...table.tBodies[0].rows].sort((a, b) => (down ? order(a, b) : order(b, a)));
    table.tBodies[0].append(...rows);
    cut(table);
  }));
}

// A telephone shows rows of a list without their headings: a bare figure there says what it is.
for (const table of document.querySelectorAll("table.list:not(.agree)")) {
  const heads = [...table.tHead.rows[0].cells].map((head) => head.textContent.trim());
  for (const row of table.tBodies[0].rows) for (const [column, cell] of [...row.cells].entries()) {
    if (cell.matches(".num, .date") && heads[column] !== "Date" && cell.textContent.trim()) cell.dataset.label = heads[column];
  }
}

// Long tables show their first rows, and a button below shows the rest.
function cut(table) {
  const most = Math.ceil(table.dataset.rows / (narrow.matches ? 2 : 1));
  if (!most) return;
  const rows = [...table.tBodies[0].rows].filter((row) => !row.hidden);
  const whole = table.classList.contains("whole") || rows.length <= most + 2;
  for (const row of table.tBodies[0].rows) row.classList.remove("over");
  if (!whole) for (const row of rows.slice(most)) row.classList.add("over");
  const box = table.closest(".scroll") ?? table;
  let button = box.nextElementSibling?.matches(".rows") ? box.nextElementSibling : null;
  if (!button && !whole) {
    button = Object.assign(document.createElement("button"), { type: "button", className: "rows" });
    button.addEventListener("click", () => { table.classList.add("whole"); cut(table); });
    box.after(button);
  }
  if (button) { button.hidden = whole; button.textContent = `Show all ${rows.length}`; }
}
for (const table of document.querySelectorAll("table[data-rows]")) cut(table);

// Filters: whatever carries data-kind or data-team is shown if it matches; a map without rows goes with them.
const store = (use) => { try { return use(sessionStorage); } catch { return null; } }; // where the browser allows it
const form = document.querySelector("[data-filters]");
if (form) {
  form.hidden = false;
  const apply = () => {
    const wishes = [...form.querySelectorAll("[data-filter]")].map((select) => [select.dataset.filter, select.value]);
    const chosen = new URLSearchParams(wishes.filter(([, wish]) => wish)).toString();
    for (const link of document.querySelectorAll("nav.top a")) link.hash = chosen && `&${chosen}`; // and where nothing can be kept
    const fits = (item) => wishes.every(([name, wish]) =>
      !wish || !(name in item.dataset) || item.dataset[name].split(", ").includes(wish));
    const items = [...document.querySelectorAll("section[data-kind], tr[data-team], tr[data-manager]")];
    items.forEach((item) => { item.hidden = !fits(item); });
    for (const map of document.querySelectorAll("section[data-kind]")) {
      map.hidden ||= ![...map.querySelectorAll("tbody tr")].some((row) => !row.hidden);
      const fold = map.querySelector("details");
      if (fold && wishes.some(([name, wish]) => name === "kind" && wish === map.dataset.kind)) fold.open = true;
    }
    for (const table of document.querySelectorAll("table[data-rows]")) cut(table);
    const list = document.querySelectorAll("tr[data-kind]");
    const left = [...list].filter((row) => !row.hidden).length;
    form.querySelector(".count").textContent = wishes.some(([, wish]) => wish) && list.length
      ? `${left} conversation${left === 1 ? "" : "s"} shown; “Everyone” and the gold standards stay those of all teams` : "";
  };
  form.addEventListener("change", () => {
    keep();
    apply();
    history.replaceState(null, "", document.querySelector("nav.top a")?.hash || location.href.split("#")[0]);
  });
  const keep = () => {
    for (const { dataset, value } of form.querySelectorAll("[data-filter]")) store((kept) => kept.setItem(dataset.filter, value));
  };
  for (const select of form.querySelectorAll("[data-filter]")) { // what was chosen on another page stays
    const wish = store((kept) => kept.getItem(select.dataset.filter));
    if (wish && [...select.options].some((option) => option.value === wish)) select.value = wish;
  }
  const given = new URLSearchParams(location.hash.split("&").slice(1).join("&")); // a tile leads to its calls
  for (const select of form.querySelectorAll("[data-filter]")) {
    const wish = given.get(select.dataset.filter);
    if (wish) { if (![...select.options].some((option) => option.value === wish)) select.add(new Option(wish, wish)); select.value = wish; }
  }
  apply();
}

// Tables that are wider than the screen say so.
const wider = () => {
  for (const box of document.querySelectorAll(".scroll")) box.classList.toggle("more", box.scrollWidth > box.clientWidth + 4);
};
addEventListener("resize", wider);
document.addEventListener("toggle", wider, true);
wider();

// What is folded opens where a link leads into it, and on paper.
const unfold = (node) => {
  for (let fold = node?.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
};
const target = () => document.getElementById(decodeURIComponent(location.hash.slice(1).split("&")[0]));
const arrive = () => { const node = target(); if (node) { unfold(node); node.scrollIntoView(); } };
addEventListener("hashchange", arrive);
addEventListener("beforeprint", () => { for (const fold of document.querySelectorAll("details")) fold.open = true; });

// The recording: lines, quotes and the bar move it; it moves the head on the bar and marks the line that is spoken.
const audio = document.getElementById("audio");
const lines = [...document.querySelectorAll(".line")].map((node) => (
  { node, start: +node.dataset.s, end: +node.dataset.e, mark: document.querySelector(`[data-u="${node.id.slice(1)}"]`) }));
const wide = matchMedia("(min-width: 901px)");
let current = null;
let stopAt = Infinity;

const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;

const reveal = (line) => {
  const panel = document.querySelector(".turns");
  unfold(panel);
  const box = panel.getBoundingClientRect();
  const at = line.node.getBoundingClientRect();
  if (at.top < box.top || at.bottom > box.bottom) {
    panel.scrollTo({ top: panel.scrollTop + at.top - box.top - box.height / 3 });
  }
};

const mark = (line) => {
  if (line === current) return;
  for (const node of [current?.node, current?.mark]) node?.classList.remove("on");
  current?.node.removeAttribute("aria-current");
  current = line;
  for (const node of [current?.node, current?.mark]) node?.classList.add("on");
  current?.node.setAttribute("aria-current", "true");
  if (current && wide.matches && document.getElementById("said").open) reveal(current);
};

const lineAt = (s) => lines.findLast((line) => line.start <= s + 0.01 && s < line.end + 0.4) ?? null;

const play = (from, to) => {
  stopAt = to ?? Infinity;
  audio.currentTime = from;
  audio.play().catch(() => {}); // refused by the browser until the reader has clicked somewhere
};

document.addEventListener("click", (event) => {
  const link = event.target.closest("a.play");
  const row = event.target.closest(".line");
  if (link) {
    const line = lines.find(({ node }) => `#${node.id}` === link.hash);
    if (line) mark(line);
    if (line && (wide.matches || audio)) event.preventDefault(); // what one reads stays where it is
    if (line && wide.matches) reveal(line);
    if (audio) play(+link.dataset.s, link.dataset.e && +link.dataset.e + 0.3);
  } else if (row && audio && getSelection().isCollapsed && !event.target.closest("a")) {
    play(+row.dataset.s);
  }
});

const bar = document.getElementById("bar");
if (bar) {
  const length = +bar.dataset.length;
  bar.addEventListener("click", (event) => {
    const box = bar.getBoundingClientRect();
    const s = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1) * length;
    if (audio) play(s);
    else { const line = lineAt(s); mark(line); if (line && wide.matches) reveal(line); }
  });
}

if (audio) {
  document.body.classList.add("audible");
  const length = +bar.dataset.length;
  const head = document.getElementById("head");
  const follow = () => {
    const now = audio.currentTime;
    if (now >= stopAt) { stopAt = Infinity; audio.pause(); }
    for (const end of ["x1", "x2"]) head.setAttribute(end, `${(100 * now) / length}%`);
    bar.setAttribute("aria-valuenow", Math.round(now));
    bar.setAttribute("aria-valuetext", clock(now));
    mark(lineAt(now));
  };
  const run = () => { follow(); if (!audio.paused) requestAnimationFrame(run); };
  audio.addEventListener("play", run);
  audio.addEventListener("seeked", follow);
  const toggle = () => { stopAt = Infinity; if (audio.paused) audio.play(); else audio.pause(); };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = document.activeElement.closest("input, select, textarea, button, summary");
    if (event.key === " " && !typing) { event.preventDefault(); toggle(); }
    const step = { ArrowLeft: -5, ArrowRight: 5, Home: -Infinity, End: Infinity }[event.key];
    if (step && document.activeElement === bar) {
      event.preventDefault();
      stopAt = Infinity;
      audio.currentTime = Math.min(Math.max(audio.currentTime + step, 0), audio.duration || length);
    }
  });
  const wanted = lines.find(({ node }) => `#${node.id}` === location.hash); // a link from a person's page
  if (wanted) { audio.currentTime = wanted.start; }
}
const asked = lines.find(({ node }) => `#${node.id}` === location.hash);
if (asked) mark(asked);
arrive();
