// Find the sections that hold every word of the query, best first, each with an excerpt.
(() => {
  const most = 50;
  const element = (name, text, parent) => {
    const made = parent.appendChild(document.createElement(name));
    made.textContent = text;
    return made;
  };
  const stem = (word) => (word.length > 4 ? word.replace(/(ies|es|s)$/, "") : word);
  const count = (text, word) => text.split(word).length - 1;

  function find(words) {
    const found = [];
    let page = "";
    for (const [url, title, text, level] of sections) {
      if (level === 0) page = title;
      const [heading, body] = [title.toLowerCase(), text.toLowerCase()];
      let score = url.startsWith("book/library") ? 0 : 2;
      const all = words.every((word) => {
        const [inTitle, inText] = [count(heading, word), count(body, word)];
        score += 12 * Math.min(inTitle, 1) + Math.min(inText, 5);
        return inTitle + inText;
      });
      if (all) found.push({ url, title, text, page: level ? page : "", score });
    }
    return found.sort((a, b) => b.score - a.score);
  }

  // The text around the first word found, with all words marked.
  function excerpt(text, words, parent) {
    const lower = text.toLowerCase();
    const places = words.map((word) => lower.indexOf(word)).filter((place) => place >= 0);
    const near = Math.max(0, Math.min(...places, text.length) - 80);
    const start = near && places.length ? text.indexOf(" ", near) + 1 : 0;
    const piece = text.slice(start, start + 220);
    const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const line = element("p", start ? "… " : "", parent);
    for (const [n, part] of piece.split(new RegExp(`(${escaped.join("|")})`, "i")).entries())
      if (n % 2) element("mark", part, line);
      else line.append(part);
    if (start + 220 < text.length) line.append(" …");
  }

  const query = new URLSearchParams(location.search).get("q")?.trim() ?? "";
  const input = document.getElementById("search-page-input");
  input.value = query;
  input.focus();
  const words = (query.toLowerCase().match(/[\p{L}\p{N}_.]+/gu) ?? []).map(stem);
  if (!words.length) return;
  const found = find(words);
  const s = found.length === 1 ? "" : "s";
  document.getElementById("search-count").textContent = found.length
    ? `${found.length} section${s}` + (found.length > most ? `, the first ${most} of them:` : "")
    : `No section holds “${query}”. Try fewer or shorter words.`;
  const list = document.getElementById("search-results");
  for (const { url, title, text, page } of found.slice(0, most)) {
    const item = element("li", "", list);
    const link = element("a", title, item);
    // Sphinx's own script marks these words on the page. It could read them from the storage,
    // too, which a page opened from a file may see too late.
    const [path, anchor] = url.split("#");
    link.href = `${path}?highlight=${encodeURIComponent(words.join(" "))}` + (anchor ? `#${anchor}` : "");
    if (page) element("span", ` ${page}`, item);
    excerpt(text, words, item);
  }
})();
