"use strict";
(function () {
  const form = document.getElementById("search");
  const box = document.getElementById("search-words");
  const said = document.getElementById("search-count");
  const groups = Array.from(document.querySelectorAll("section.group"));
  const pages = groups.flatMap((group) => Array.from(group.querySelectorAll("li")));
  const plain = (text) => text.toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f\u2019']/g, "");
  const texts = new Map(pages.map((page) => [page, plain(
    page.textContent + " " + page.closest("section").querySelector("h2").textContent)]));
  let waiting = 0;

  function show() {
    const words = plain(box.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const page of pages) {
      page.hidden = !words.every((word) => texts.get(page).includes(word));
      shown += page.hidden ? 0 : 1;
    }
    for (const group of groups) {
      group.hidden = !group.querySelector("li:not([hidden])");
    }
    window.clearTimeout(waiting);
    waiting = window.setTimeout(() => {
      said.textContent = !words.length ? "" : shown === 0
        ? "No page has these words."
        : shown + (shown === 1 ? " page" : " pages") + " of " + pages.length;
    }, 300);
  }

  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  box.addEventListener("input", show);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { box.value = ""; show(); }
  });
  show();
})();
