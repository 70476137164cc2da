// A page read to its end gets a check mark in the sidebar and on the map of the chapters.
(() => {
  const page = document.currentScript.dataset.page;
  const load = () => {
    try {
      return new Set(JSON.parse(localStorage.getItem("read") ?? "[]"));
    } catch {
      return new Set(); // no storage: no marks
    }
  };
  const mark = (read) => {
    for (const link of document.querySelectorAll("a[data-page]")) {
      if (!read.has(link.dataset.page) || link.querySelector(".read")) continue;
      const sign = document.createElement("span");
      sign.className = "read";
      sign.innerHTML = '<span aria-hidden="true">✓</span><span class="visually-hidden">(read)</span>';
      link.append(" ", sign);
    }
  };
  document.addEventListener("DOMContentLoaded", () => {
    mark(load());
    const end = document.querySelector(".prev-next-footer, .bd-footer-content");
    if (!end || !document.querySelector(`a[data-page="${page}"]`)) return;
    let scrolled = false;
    addEventListener("scroll", () => (scrolled = true), { once: true });
    new IntersectionObserver((entries) => {
      if (!scrolled || !entries.some((entry) => entry.isIntersecting)) return;
      const read = load().add(page);
      try {
        localStorage.setItem("read", JSON.stringify([...read]));
      } catch {
        return;
      }
      mark(read);
    }).observe(end);
  });
})();

// A formula or table wider than its place scrolls; then the keyboard must reach it.
document.addEventListener("DOMContentLoaded", () => {
  const reach = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth + 1) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  const wide = 'mjx-container[display="true"], .pst-scrollable-table-container';
  for (const box of document.querySelectorAll(wide)) reach.observe(box);
});
