(() => {
  const root = document.documentElement;
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const show = (tab, move) => {
    for (const each of tabs) {
      const on = each === tab;
      each.setAttribute("aria-selected", String(on));
      each.tabIndex = on ? 0 : -1;
      document.getElementById(each.getAttribute("aria-controls")).classList.toggle("on", on);
    }
    if (move) tab.focus();
  };
  const named = () => tabs.find((tab) => "#" + tab.getAttribute("aria-controls") === location.hash);
  root.classList.add("js");
  root.classList.toggle("picture", location.search === "?picture");
  show(named() || tabs[0], false);
  addEventListener("hashchange", () => named() && show(named(), false));
  for (const tab of tabs) {
    tab.addEventListener("click", () => show(tab, false));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const place = event.key === "Home" ? 0 : event.key === "End" ? tabs.length - 1 : step && tabs.indexOf(tab) + step;
      if (place === undefined) return;
      event.preventDefault();
      show(tabs[(place + tabs.length) % tabs.length], true);
    });
  }
  const phone = document.getElementById("phone");
  phone.addEventListener("click", () => {
    const on = root.classList.toggle("phone");
    phone.setAttribute("aria-pressed", String(on));
  });
})();
