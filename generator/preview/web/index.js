(() => {
  const body = document.querySelector("tbody");
  const rows = [...body.rows].map((row) => ({ row, text: row.textContent.toLocaleLowerCase(), tags: row.dataset.tags.split(" ") }));
  const search = document.getElementById("search");
  const only = document.getElementById("only");
  const count = document.getElementById("count");
  const words = count.textContent.replace(/\d[\d.,]*/g, "#");
  const filter = () => {
    const asked = search.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { row, text, tags } of rows) {
      row.hidden = !(asked.every((word) => text.includes(word)) && (!only.value || tags.includes(only.value)));
      shown += row.hidden ? 0 : 1;
    }
    let place = 0;
    count.textContent = words.replace(/#/g, () => String([shown, rows.length][place++]));
  };
  search.addEventListener("input", filter);
  only.addEventListener("change", filter);
  const compare = new Intl.Collator(document.documentElement.lang, { numeric: true }).compare;
  for (const button of document.querySelectorAll("thead button")) {
    button.addEventListener("click", () => {
      const head = button.parentElement;
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const place = Number(button.dataset.column);
      const key = ({ row }) => row.cells[place].dataset.sort ?? row.cells[place].textContent.trim();
      rows.sort((one, other) => compare(key(one), key(other)) * (down ? -1 : 1));
      body.append(...rows.map(({ row }) => row));
    });
  }
})();
