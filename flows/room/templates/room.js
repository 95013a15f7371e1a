"use strict";
// What adds to the room's pages: a form that asks before it goes, and a list that counts what is chosen.

for (const form of document.querySelectorAll("form[data-sure]")) {
  form.addEventListener("submit", (event) => { if (!confirm(form.dataset.sure)) event.preventDefault(); });
}
for (const box of document.querySelectorAll("[data-count]")) {
  const told = document.querySelector(box.dataset.count);
  const count = () => { told.textContent = box.querySelectorAll("input:checked").length; };
  box.addEventListener("change", count);
  count();
}
for (const select of document.querySelectorAll("select[data-goes]")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}
for (const field of document.querySelectorAll("[data-now]")) { // where the recording is, until somebody writes another
  const sound = document.getElementById(field.dataset.now);
  if (!sound) continue;
  field.addEventListener("input", () => { field.dataset.own = "yes"; });
  sound.addEventListener("timeupdate", () => {
    const s = Math.floor(sound.currentTime);
    if (!("own" in field.dataset)) field.value = `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
  });
}
for (const form of document.querySelectorAll("form[data-check]")) { // what would be wrong, as one types
  let timer = 0;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const fields = new FormData(form);
      if (!fields.get("means")) fields.set("means", "other");
      const answer = await fetch(form.dataset.check, { method: "POST", body: new URLSearchParams(fields) });
      if (answer.ok) form.querySelector(".lacks").textContent = (await answer.json()).problems.join(" ");
    }, 500);
  });
}
