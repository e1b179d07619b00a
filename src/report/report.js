"use strict";
// The page shows all it has without this. It adds: copying, sorting, filtering, zooming, and what
// is under the pointer or chosen by the keys, in words.
(() => {
  const said = document.getElementById("said");
  const say = (text) => { said.textContent = text; };
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));
  const make = (name, text, more = {}) => {
    const element = document.createElement(name);
    element.textContent = text;
    for (const [key, value] of Object.entries(more)) {
      element.setAttribute(key, value);
    }
    return element;
  };
  document.documentElement.classList.add("js");

  // Copying. Where the browser gives no clipboard to a file, the command is selected.
  const select = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  };
  for (const button of all("button.copy")) {
    button.addEventListener("click", async () => {
      const command = document.getElementById(button.dataset.copy);
      try {
        await navigator.clipboard.writeText(command.textContent);
        say("Copied: " + command.textContent);
      } catch {
        select(command);
        say("Selected: copy it with Ctrl-C");
      }
    });
  }

  // Tables. A cell counts by its exact number where it has one.
  const key = (row, column) => {
    const cell = row.cells[column];
    const data = cell.dataset;
    const exact = data.ns ?? data.count ?? data.id ?? data.ppm;
    return exact === undefined ? cell.textContent : Number(exact);
  };
  const compare = (a, b) => {
    if (typeof a === "number" && typeof b === "number") {
      return a - b;
    }
    if (typeof a === "number" || typeof b === "number") {
      return typeof a === "number" ? 1 : -1;
    }
    return a.localeCompare(b);
  };
  const sort = (table, column) => {
    const heads = all("thead th", table);
    const down = heads[column].getAttribute("aria-sort") !== "descending";
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
    const body = table.tBodies[0];
    const rows = Array.from(body.rows).map((row) => ({ row, value: key(row, column) }));
    rows.sort((a, b) => (down ? compare(b.value, a.value) : compare(a.value, b.value)));
    body.append(...rows.map(({ row }) => row));
  };
  for (const table of all("table.sortable")) {
    all("thead th", table).forEach((head, column) => {
      const button = make("button", head.textContent, { type: "button" });
      button.addEventListener("click", () => sort(table, column));
      head.replaceChildren(button);
    });
  }
  for (const table of all("table.filter")) {
    const rows = Array.from(table.tBodies[0].rows);
    if (rows.length < 5) {
      continue;
    }
    const label = make("label", "Only rows with", { class: "filterbox" });
    const box = make("input", "", { type: "search" });
    box.addEventListener("input", () => {
      const wanted = box.value.toLowerCase();
      let shown = 0;
      for (const row of rows) {
        row.hidden = !row.textContent.toLowerCase().includes(wanted);
        shown += row.hidden ? 0 : 1;
      }
      say(wanted === "" ? "" : shown + " of " + rows.length + " rows");
    });
    label.append(box);
    table.parentElement.before(label);
  }

  // What is under the pointer, in words.
  const words = (element) => {
    const with_title = element.closest("svg *");
    for (let at = with_title; at && at.tagName !== "svg"; at = at.parentElement) {
      const title = Array.from(at.children).find((child) => child.tagName === "title");
      if (title) {
        return title.textContent;
      }
    }
    return "";
  };
  for (const drawing of all(".drawing")) {
    drawing.addEventListener("pointerover", (event) => say(words(event.target)));
    drawing.addEventListener("pointerleave", () => say(""));
    drawing.addEventListener("focusin", (event) => say(words(event.target)));
  }

  // Zoom along the time: the drawing grows to the right, in its region that scrolls.
  const places = [["rect", ["x", "width"]], ["line", ["x1", "x2"]], ["text", ["x"]], ["circle", ["cx"]]];
  const fixed = 64;  // the axis on the left
  const stretch = (svg, zoom) => {
    svg.base ??= { width: Number(svg.getAttribute("width")), moved: [], heads: [] };
    const base = svg.base;
    if (base.moved.length === 0) {
      for (const [name, attributes] of places) {
        for (const element of all(name, svg)) {
          for (const attribute of attributes) {
            base.moved.push([element, attribute, Number(element.getAttribute(attribute))]);
          }
        }
      }
      for (const head of all("path.head", svg)) {
        const [, x, y] = head.getAttribute("transform").match(/translate\(([-\d.]+) ([-\d.]+)\)/);
        base.heads.push([head, Number(x), y]);
      }
    }
    const place = (x) => (x < fixed ? x : fixed + (x - fixed) * zoom);
    for (const [element, attribute, value] of base.moved) {
      element.setAttribute(attribute, attribute === "width" ? value * zoom : place(value));
    }
    for (const [head, x, y] of base.heads) {
      head.setAttribute("transform", "translate(" + place(x) + " " + y + ")");
    }
    const width = fixed + (base.width - fixed) * zoom;
    svg.setAttribute("width", width);
    svg.setAttribute("viewBox", "0 0 " + width + " " + svg.getAttribute("height"));
  };
  for (const drawing of all(".drawing.zoom")) {
    const svg = drawing.querySelector("svg");
    let zoom = 1;
    // `at`: the place in the window that stays where it is.
    const zoom_to = (wanted, at = drawing.clientWidth / 2) => {
      const next = Math.min(Math.max(wanted, 1), 64);
      const left = (drawing.scrollLeft + at - fixed) * (next / zoom) + fixed - at;
      zoom = next;
      stretch(svg, zoom);
      drawing.scrollLeft = left;
      say("Zoom " + Math.round(zoom * 10) / 10);
    };
    const tools = make("div", "", { class: "tools scripted" });
    for (const [text, act] of [["Zoom in", () => zoom_to(zoom * 2)], ["Zoom out", () => zoom_to(zoom / 2)],
                               ["Whole", () => zoom_to(1)]]) {
      const button = make("button", text, { type: "button", "aria-label": text + ": " + svg.getAttribute("aria-label") });
      button.addEventListener("click", act);
      tools.append(button);
    }
    drawing.before(tools);
    drawing.addEventListener("wheel", (event) => {
      if (event.ctrlKey) {
        event.preventDefault();
        zoom_to(zoom * (event.deltaY < 0 ? 1.25 : 0.8), event.clientX - drawing.getBoundingClientRect().left);
      }
    }, { passive: false });
    // The keys go from one thing to the next, and zoom.
    const things = all(".span, .stage, .band, .heat", svg);
    let chosen = -1;
    const choose = (number) => {
      things[chosen]?.classList.remove("chosen");
      chosen = Math.min(Math.max(number, 0), things.length - 1);
      things[chosen]?.classList.add("chosen");
      const box = things[chosen]?.getBoundingClientRect();
      const frame = drawing.getBoundingClientRect();
      if (box && (box.left < frame.left || box.right > frame.right)) {
        drawing.scrollLeft += box.left - frame.left - fixed;
      }
      say(things[chosen] ? words(things[chosen]) : "");
    };
    const keys = {
      ".": () => choose(chosen + 1), ",": () => choose(chosen - 1),
      "+": () => zoom_to(zoom * 2), "-": () => zoom_to(zoom / 2), "0": () => zoom_to(1),
    };
    drawing.addEventListener("keydown", (event) => {
      if (keys[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        keys[event.key]();
      }
    });
  }
})();
