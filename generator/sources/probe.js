(function () {
  "use strict";
  var search = document.getElementById("search");
  var only = document.getElementById("only");
  function bodies(table) { return Array.prototype.slice.call(table.tBodies); }
  var tables = Array.prototype.slice.call(document.querySelectorAll("table.databases"));
  function filter() {
    var wanted = search.value.trim().toLocaleLowerCase();
    tables.forEach(function (table) {
      bodies(table).forEach(function (body) {
        var found = body.textContent.toLocaleLowerCase().indexOf(wanted) >= 0;
        body.hidden = !found || (only.checked && body.dataset.status === "ok");
      });
    });
  }
  function sort(table, column, header) {
    var down = header.getAttribute("aria-sort") === "ascending";
    var value = function (body) { var cell = body.rows[0].cells[column]; return cell.dataset.key || cell.textContent.trim(); };
    var sorted = bodies(table).sort(function (a, b) {
      return (down ? -1 : 1) * value(a).localeCompare(value(b), undefined, { numeric: true });
    });
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (cell) { cell.removeAttribute("aria-sort"); });
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
    sorted.forEach(function (body) { table.appendChild(body); });
  }
  tables.forEach(function (table) {
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (header, column) {
      header.querySelector("button").addEventListener("click", function () { sort(table, column, header); });
    });
  });
  if (search) { search.addEventListener("input", filter); only.addEventListener("change", filter); }
})();
