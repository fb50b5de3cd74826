// Small helps only: every page works without it.
document.addEventListener("submit", (event) => {
  const asked = event.target.dataset.confirm;
  if (asked && !window.confirm(asked)) {
    event.preventDefault();
  }
});

// Files dropped on the form go into its field, and their number is said.
for (const zone of document.querySelectorAll(".drop")) {
  const field = zone.querySelector("input[type=file]");
  const said = zone.querySelector("[data-said]");
  const say = () => { said.textContent = field.files.length ? said.dataset.said.replace("{n}", field.files.length) : ""; };
  zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("over"); });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    field.files = event.dataTransfer.files;
    say();
  });
  field.addEventListener("change", say);
}

// A task that runs: its bar moves, and the page is read again once it has ended.
const running = document.querySelector("[data-task]");
if (running) {
  const bar = running.querySelector("progress");
  const words = running.querySelector("[data-words]");
  const look = async () => {
    try {
      const answer = await fetch(running.dataset.task, { headers: { Accept: "application/json" } });
      if (answer.ok) {
        const task = await answer.json();
        if (!task.open) { window.location.reload(); return; }
        if (task.total_n) { bar.max = task.total_n; bar.value = task.done_n; } else { bar.removeAttribute("value"); }
        words.textContent = task.words;
      }
    } catch { /* the network comes back */ }
    window.setTimeout(look, 700);
  };
  window.setTimeout(look, 400);
}

for (const list of document.querySelectorAll("select[data-go]")) {
  list.addEventListener("change", () => list.form.requestSubmit());
}

// A table wider than the page can be moved with the keyboard too.
const movable = new ResizeObserver((boxes) => {
  for (const { target } of boxes) {
    const box = target.closest(".scroll, .drawing");
    const wide = box.scrollWidth > box.clientWidth + 1;
    box.toggleAttribute("tabindex", wide);
    if (wide) {
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      const name = box.querySelector("caption")?.textContent.trim() || box.querySelector("svg")?.getAttribute("aria-label");
      if (name) { box.setAttribute("aria-label", name); }
    } else { box.removeAttribute("role"); box.removeAttribute("aria-label"); }
  }
});
for (const box of document.querySelectorAll(".scroll, .drawing")) {
  movable.observe(box);
  if (box.firstElementChild) { movable.observe(box.firstElementChild); }
}
