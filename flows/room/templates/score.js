"use strict";
// Scoring: keys, turns that are pointed at, and every answer sent as it is given. What could not be sent is kept in this
// browser and sent again until the room has acknowledged it.

document.documentElement.classList.add("js");
const $ = (selector, of = document) => of.querySelector(selector);
const $$ = (selector, of = document) => [...of.querySelectorAll(selector)];
const audio = $("#audio");
const lines = $$(".said-line");
const forms = $$("form.question");
const state = $("#state");
const locked = forms.length > 0 && "locked" in forms[0].dataset;
const kept = `callgrade ${location.pathname}`;
let current = forms[0];
let line = null;
let sending = false;

// Time spent, while the page is looked at.
const clock = $("#clock");
let seconds = +clock.dataset.seconds;
const told = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;
if (!locked) setInterval(() => { if (!document.hidden) { seconds += 1; clock.textContent = told(seconds); } }, 1000);

// Answers: the newest of each element waits here until it is acknowledged.
const waiting = new Map(Object.entries(JSON.parse(localStorage.getItem(kept) ?? "{}")));
const keep = () => {
  if (waiting.size) localStorage.setItem(kept, JSON.stringify(Object.fromEntries(waiting)));
  else localStorage.removeItem(kept);
};
const send = async () => {
  if (sending || !waiting.size) return;
  sending = true;
  const [element, body] = waiting.entries().next().value;
  state.textContent = "saving …";
  try {
    const form = forms.find((one) => one.dataset.element === element);
    const token = $("[name=form_token]").value;
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(body), headers: { "X-Form-Token": token } });
    if (answer.status === 401 || answer.status === 403) throw new Error("signed out");
    if (waiting.get(element) === body) waiting.delete(element);
    keep();
    if (answer.ok) { shown((await answer.json()).lacks); state.textContent = waiting.size ? "saving …" : "saved"; }
    else state.textContent = answer.status >= 500 ? "not saved, trying again" : "refused: load the page again";
    if (answer.status >= 500) { waiting.set(element, body); keep(); throw new Error("again"); }
    sending = false;
    send();
  } catch {
    sending = false;
    state.textContent = "not saved yet, trying again";
    setTimeout(send, 2000);
  }
};
const give = (form) => {
  if (locked || !form.elements.level.value) return;
  form.elements.seconds.value = seconds;
  const body = Object.fromEntries(new FormData(form));
  waiting.delete(form.dataset.element);
  waiting.set(form.dataset.element, body);
  keep();
  step(form);
  send();
};
addEventListener("beforeunload", (event) => { if (waiting.size) event.preventDefault(); });

// What is open: told by the room after each answer.
const shown = (lacks) => {
  for (const form of forms) {
    $(".lacks", form).textContent = form.elements.level.value ? lacks[form.dataset.element] ?? "" : "";
  }
  const open = Object.keys(lacks).length;
  $("#open-count").textContent = open ? `${open} of ${forms.length} open` : "all answered";
  $("#finish").classList.toggle("ready", !open);
};
const step = (form) => {
  const chip = $(`[data-go="${form.dataset.element}"] .chip`);
  const level = form.elements.level.value;
  chip.className = `chip ${level && level !== "none" ? `l${level}` : "empty"}`;
  chip.textContent = level === "none" ? "–" : level ? "ROYG"[level] : forms.indexOf(form) + 1;
};

// Elements: one at a time.
const go = (form, focus = false) => {
  if (!form) return;
  current.classList.remove("current");
  $(`[data-go="${current.dataset.element}"]`).removeAttribute("aria-current");
  current = form;
  current.classList.add("current");
  $(`[data-go="${current.dataset.element}"]`).setAttribute("aria-current", "step");
  pointed();
  if (focus) (current.querySelector("input:checked") ?? current.querySelector("input[type=radio]"))?.focus({ preventScroll: true });
};
const turns = (form) => form.elements.turns.value.split(",").filter(Boolean);
const pointed = () => {
  const chosen = new Set(turns(current));
  for (const one of lines) {
    one.classList.toggle("pointed", chosen.has(one.dataset.idx));
    $(".point", one).setAttribute("aria-pressed", chosen.has(one.dataset.idx));
  }
  for (const form of forms) {
    const times = lines.filter((one) => turns(form).includes(one.dataset.idx)).map((one) => told(+one.dataset.s));
    $(".turns-list", form).textContent = times.length ? times.join(", ") : "none pointed at yet";
  }
};
const point = (one) => {
  if (locked || !one) return;
  const chosen = new Set(turns(current));
  if (!chosen.delete(one.dataset.idx)) chosen.add(one.dataset.idx);
  current.elements.turns.value = [...chosen].sort((a, b) => a - b).join(",");
  pointed();
  give(current);
};
const walk = (one, scroll = true) => {
  if (!one) return;
  line?.classList.remove("on");
  line = one;
  line.classList.add("on");
  if (scroll) line.scrollIntoView({ block: "nearest" });
};

for (const form of forms) {
  form.addEventListener("change", () => give(form));
  form.addEventListener("submit", (event) => { event.preventDefault(); give(form); });
  form.elements.note?.addEventListener("input", () => {
    clearTimeout(form.timer);
    form.timer = setTimeout(() => give(form), 600);
  });
}
for (const link of $$("[data-go]")) {
  link.addEventListener("click", (event) => { event.preventDefault(); go(forms.find((one) => one.dataset.element === link.dataset.go), true); });
}
for (const one of lines) {
  $(".point", one).addEventListener("click", () => { walk(one, false); point(one); });
  $("p", one).addEventListener("click", () => { walk(one, false); if (audio) { audio.currentTime = +one.dataset.s; audio.play().catch(() => {}); } });
}
$(".finish").addEventListener("submit", (event) => {
  if (waiting.size) { event.preventDefault(); send(); setTimeout(() => $("#finish").click(), 300); }
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const at = event.target;
  if (at.matches("textarea, input[type=text]")) { if (event.key === "Escape") at.blur(); return; }
  if (event.key === " " && !at.matches("button, a, summary, audio")) {
    event.preventDefault();
    if (audio) { if (audio.paused) audio.play().catch(() => {}); else audio.pause(); }
    return;
  }
  const keys = {
    j: () => go(forms[forms.indexOf(current) + 1]),
    k: () => go(forms[forms.indexOf(current) - 1]),
    n: () => walk(lines[line ? lines.indexOf(line) + 1 : 0]),
    p: () => walk(lines[line ? lines.indexOf(line) - 1 : 0]),
    e: () => point(line),
    m: () => { event.preventDefault(); current.elements.note.focus(); },
    Enter: () => { if (!at.matches("button, a, summary")) { event.preventDefault(); ($("#finish") ?? $(".finish a")).click(); } },
  };
  if (keys[event.key]) keys[event.key]();
  else if (/^[0-4]$/.test(event.key) && !locked) {
    current.elements.level.value = event.key === "0" ? "none" : String(+event.key - 1);
    give(current);
  }
});

if (audio) {
  audio.addEventListener("timeupdate", () => {
    const spoken = lines.findLast((one) => +one.dataset.s <= audio.currentTime + 0.05);
    if (spoken && spoken !== line && !audio.paused) walk(spoken, !document.activeElement?.closest(".lines"));
  });
}
const wanted = forms.find((one) => `#${one.id}` === location.hash) ?? forms.find((one) => !one.elements.level.value || $(".lacks", one).textContent) ?? forms[0];
go(wanted);
send();
