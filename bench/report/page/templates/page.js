"use strict";
(() => {
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  root.classList.remove("plain");

  // Light and dark: the system's choice until the button is used.
  const theme = document.getElementById("theme");
  const isDark = () =>
    root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const nameTheme = () => { theme.textContent = isDark() ? "Light" : "Dark"; theme.setAttribute("aria-label", `${theme.textContent} colours`); };
  theme.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; nameTheme(); });
  nameTheme();

  // Sorting: numbers as numbers, text as text, and what has no value last in either direction.
  const compare = (numeric) => (a, b) =>
    numeric ? Number(a) - Number(b) : a.localeCompare(b, "en", { numeric: true });
  const sortBy = (head) => {
    const table = head.closest("table");
    const place = head.cellIndex;
    const numeric = head.classList.contains("number");
    const first = numeric ? "descending" : "ascending";
    const other = numeric ? "ascending" : "descending";
    const direction = head.getAttribute("aria-sort") === first ? other : first;
    const sign = direction === "ascending" ? 1 : -1;
    const order = compare(numeric);
    const rows = [...table.tBodies[0].rows].map((row) => [row.cells[place].dataset.key, row]);
    rows.sort(([a], [b]) => (a === "" || b === "" ? (a === "") - (b === "") : sign * order(a, b)));
    table.tBodies[0].append(...rows.map(([, row]) => row));
    all("th[aria-sort]", table).forEach((each) => each.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", direction);
  };
  all(".sort").forEach((button) => button.addEventListener("click", () => sortBy(button.closest("th"))));

  // Definitions: on hover and focus too, beside what they define; Escape closes them.
  let leaving = 0;
  const place = (card, button) => {
    const box = button.getBoundingClientRect();
    const left = Math.max(16, Math.min(box.left, innerWidth - card.offsetWidth - 16));
    const below = box.bottom + 8;
    const fits = below + card.offsetHeight < innerHeight - 8;
    card.style.left = `${left}px`;
    card.style.top = `${fits ? below : Math.max(8, box.top - card.offsetHeight - 8)}px`;
  };
  all(".define").forEach((button) => {
    const card = document.getElementById(button.getAttribute("popovertarget"));
    const show = () => {
      clearTimeout(leaving);
      if (!card.matches(":popover-open")) card.showPopover();
      place(card, button);
    };
    const hide = () => { leaving = setTimeout(() => card.matches(":popover-open") && card.hidePopover(), 150); };
    // What hovering has opened, a click must not close again.
    button.removeAttribute("popovertarget");
    button.addEventListener("click", show);
    button.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && show());
    button.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hide());
    button.addEventListener("focus", () => button.matches(":focus-visible") && show());
    button.addEventListener("blur", hide);
    card.addEventListener("pointerenter", () => clearTimeout(leaving));
    card.addEventListener("pointerleave", hide);
  });

  // Lines of a plot can be put away.
  all(".legend button").forEach((button) => button.addEventListener("click", () => {
    const shown = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(shown));
    const line = button.closest("figure").querySelector(`:scope > svg [data-line="${button.dataset.line}"]`);
    line.classList.toggle("off", !shown);
  }));

  // Before and after: by the slider, or by pointing into the picture.
  all(".shot").forEach((shot) => {
    const stage = shot.querySelector(".stage");
    const slider = shot.querySelector("input[type=range]");
    const follow = () => stage.style.setProperty("--at", `${slider.value}%`);
    const point = (event) => {
      const box = stage.getBoundingClientRect();
      slider.value = (100 * (event.clientX - box.left)) / box.width;
      follow();
    };
    slider.addEventListener("input", follow);
    stage.addEventListener("pointerdown", (event) => { stage.setPointerCapture(event.pointerId); point(event); });
    stage.addEventListener("pointermove", (event) => { if (stage.hasPointerCapture(event.pointerId)) point(event); });
  });

  // Filters.
  const filters = all("[data-filter]");
  const shots = all(".shot");
  const fits = (shot, filter) => {
    if (filter.selectedIndex === 0) return true;
    const value = shot.dataset[filter.dataset.filter];
    return filter.dataset.filter === "classes" ? JSON.parse(value).includes(filter.value) : value === filter.value;
  };
  const applyFilters = () => {
    shots.forEach((shot) => { shot.hidden = !filters.every((filter) => fits(shot, filter)); });
    const count = shots.filter((shot) => !shot.hidden).length;
    document.getElementById("shown").textContent = `${count} of ${shots.length} images`;
  };
  filters.forEach((filter) => filter.addEventListener("change", applyFilters));

  // Enlarged parts: a link that can be shared opens a dialog; Escape, a press beside it, or going back closes it.
  const followHash = () => {
    const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    all("dialog[open]").forEach((dialog) => { if (dialog !== named) dialog.close(); });
    if (named instanceof HTMLDialogElement && !named.open) named.showModal();
  };
  const forget = (dialog) => { if (location.hash === `#${dialog.id}`) history.replaceState(null, "", "#gallery"); };
  all("dialog").forEach((dialog) => {
    dialog.querySelector(".close").addEventListener("click", (event) => { event.preventDefault(); dialog.close(); });
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    dialog.addEventListener("close", () => forget(dialog));
  });
  addEventListener("hashchange", followHash);
  followHash();
})();
