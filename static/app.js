// What the portal adds where script runs. Every page reads, and every form files, without it.
"use strict";
(() => {
  const on = (type, selector, act, options) => document.addEventListener(type, event => {
    const found = event.target instanceof Element && event.target.closest(selector);
    if (found) act(event, found);
  }, options);

  // A form is filed once: a second submit is dropped, and the button greys after its name and value have gone along.
  const sent = new WeakSet();
  document.addEventListener("submit", event => {
    const form = event.target;
    if (event.defaultPrevented || form.hasAttribute("hx-get") || form.method === "dialog") return;
    if (sent.has(form)) {
      event.preventDefault();
      return;
    }
    // A draft that is just being saved would make the form's version an old one: it goes once that is done.
    const draft = drafts.get(form);
    if (draft?.busy) {
      event.preventDefault();
      draft.then = () => form.requestSubmit(event.submitter);
      return;
    }
    sent.add(form);
    setTimeout(() => {
      for (const button of form.querySelectorAll("button:not([type=button]):not([type=reset])")) button.disabled = true;
      form.setAttribute("aria-busy", "true");
    });
    if (form.method === "get" || form.hasAttribute("data-download")) setTimeout(() => free(form), 3000);
  });
  const free = form => {
    sent.delete(form);
    form.removeAttribute("aria-busy");
    for (const button of form.querySelectorAll("button")) button.disabled = false;
  };
  // An address holds only the conditions that were set.
  document.addEventListener("formdata", event => {
    if (!event.target.matches("form[data-lean]")) return;
    for (const [name, value] of [...event.formData])
      if (value === "") event.formData.delete(name);
  });
  // The page comes back from the browser's memory by Back: its forms are usable again, and its conditions are those of what
  // it shows. (Fetched anew, autocomplete="off" keeps the browser from putting back what was typed into them.)
  addEventListener("pageshow", event => {
    if (!event.persisted) return;
    document.querySelectorAll("form[aria-busy]").forEach(free);
    document.querySelectorAll("form[autocomplete=off]").forEach(form => form.reset());
  });

  // A form that was drawn again stands where it was sent to: its key goes into that address, so that Back fetches the same form
  // and is led to what it made, instead of asking whether to send it once more.
  const keyed = document.querySelector("main form[method=post] input[name=request_key]");
  if (keyed && new URL(keyed.form.action).pathname === location.pathname) {
    const here = new URL(location.href);
    here.searchParams.set("key", keyed.value);
    history.replaceState(history.state, "", here);
  }

  // Menus close on Escape and on a press outside.
  document.addEventListener("keydown", event => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("click", event => {
    for (const menu of document.querySelectorAll("details.menu[open]"))
      if (!menu.contains(event.target)) menu.open = false;
  });

  // Rows: all of them, how many, none.
  const picks = form => form.querySelectorAll("tbody input[type=checkbox]");
  const tell = form => {
    const rows = [...picks(form)],
      picked = rows.filter(row => row.checked).length;
    const all = form.querySelector("[data-check-all]"),
      count = form.querySelector("[data-picked]");
    if (all) {
      all.checked = picked > 0 && picked === rows.length;
      all.indeterminate = picked > 0 && picked < rows.length;
    }
    if (count) count.textContent = count.dataset.picked.replace("{}", picked);
  };
  on("change", "[data-check-all]", (event, box) => {
    for (const row of picks(box.form)) row.checked = box.checked;
  });
  on("change", "form[data-rows] input[type=checkbox]", (event, box) => tell(box.form));
  document.addEventListener("reset", event => {
    if (event.target.matches("form[data-rows]")) setTimeout(() => tell(event.target));
  });

  // What only script can do shows itself only now.
  const wake = root => {
    for (const button of root.querySelectorAll("[data-print], [data-check-all]")) button.hidden = false;
    for (const form of root.querySelectorAll("form[data-rows]")) tell(form);
    for (const area of root.querySelectorAll("textarea[data-length]")) measure(area);
  };
  on("click", "[data-print]", () => print());

  // A draft is saved as one writes: 1.5 s after the last key, and when the page is left. Files wait for the form itself.
  const drafts = new Map();
  const save = async form => {
    const draft = drafts.get(form),
      note = form.querySelector("[data-saved-note]");
    if (!draft?.dirty || draft.stopped || sent.has(form)) return;
    if (draft.busy) {
      draft.again = true;
      return;
    }
    draft.dirty = false;
    draft.busy = true;
    const words = new FormData(form);
    for (const [name, value] of [...words])
      if (value instanceof File) words.delete(name);
    try {
      const answer = await fetch(form.dataset.autosave, {
        method: "POST",
        body: words,
        keepalive: draft.leaving === true,
        headers: {
          "X-Requested-With": "fetch",
          "Accept": "application/json"
        },
        redirect: "manual"
      });
      if (answer.ok) {
        const saved = await answer.json();
        if (saved.version !== undefined && form.elements.version) form.elements.version.value = saved.version;
        note.textContent = note.dataset.saved.replace("{}", saved.at);
      } else if (answer.status === 409) {
        draft.stopped = true;
        note.textContent = note.dataset.stale;
      } else {
        draft.dirty = true;
        note.textContent = note.dataset.failed;
      }
    } catch {
      draft.dirty = true;
      note.textContent = note.dataset.failed;
    }
    draft.busy = false;
    if (draft.then) {
      const go = draft.then;
      draft.then = null;
      draft.again = false;
      go();
      return;
    }
    if (draft.again) {
      draft.again = false;
      save(form);
    }
  };
  on("input", "form[data-autosave]", (event, form) => {
    if (event.target.type === "file" || event.target.type === "password") return;
    const draft = drafts.get(form) || drafts.set(form, {}).get(form);
    draft.dirty = true;
    clearTimeout(draft.timer);
    draft.timer = setTimeout(() => save(form), 1500);
  });
  addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden")
      for (const [form, draft] of drafts) {
        draft.leaving = true;
        save(form).then(() => {
          draft.leaving = false;
        });
      }
  });

  // How long a text is, beside the text.
  const measure = area => {
    const note = document.getElementById(area.dataset.length);
    if (note) note.textContent = area.dataset.words.replace("{}", area.value.replace(/\s/g, "").length);
  };
  on("input", "textarea[data-length]", (event, area) => measure(area));

  // Units and people by any part of name, short name, code or pinyin: a combobox over a plain text field.
  let serial = 0;
  const pickers = new WeakMap();
  const picker = input => {
    if (pickers.has(input)) return pickers.get(input);
    const list = document.createElement("ul"),
      status = document.createElement("span");
    list.id = `picker-${++serial}`;
    list.className = "picker";
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", input.labels?.[0]?.textContent.trim() ?? "");
    status.className = "visually-hidden";
    status.setAttribute("role", "status");
    input.after(list, status);
    for (const [name, value] of Object.entries({
        role: "combobox",
        "aria-autocomplete": "list",
        "aria-expanded": "false",
        "aria-controls": list.id
      })) input.setAttribute(name, value);
    const it = {
      input,
      list,
      status,
      at: -1,
      asked: 0
    };
    pickers.set(input, it);
    list.addEventListener("pointerdown", event => {
      const option = event.target.closest("[role=option]");
      event.preventDefault();
      if (option) choose(it, option);
    });
    input.addEventListener("blur", () => close(it));
    return it;
  };
  const close = it => {
    it.list.hidden = true;
    it.at = -1;
    it.input.setAttribute("aria-expanded", "false");
    it.input.removeAttribute("aria-activedescendant");
  };
  const mark = (it, at) => {
    const options = it.list.querySelectorAll("[role=option]");
    options[it.at]?.removeAttribute("aria-selected");
    it.at = options.length ? (at + options.length) % options.length : -1;
    const option = options[it.at];
    if (!option) return;
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({
      block: "nearest"
    });
    it.input.setAttribute("aria-activedescendant", option.id);
  };
  // Where several are named, only what follows the last mark is being typed.
  const part = input => {
    const mark = input.dataset.several,
      cut = mark ? input.value.lastIndexOf(mark) + 1 : 0;
    return [input.value.slice(0, cut), input.value.slice(cut).trim()];
  };
  const choose = (it, option) => {
    const [before] = part(it.input);
    it.input.value = before + option.dataset.value + (it.input.dataset.several ?? "");
    close(it);
    it.input.dispatchEvent(new Event("change", {
      bubbles: true
    }));
  };
  const ask = async it => {
    const [, typed] = part(it.input), turn = ++it.asked;
    if (!typed) {
      close(it);
      return;
    }
    const address = new URL(it.input.dataset.picker, location.href);
    address.searchParams.set("q", typed);
    let found;
    try {
      const answer = await fetch(address, {
        headers: {
          "X-Requested-With": "fetch",
          "Accept": "application/json"
        },
        redirect: "manual"
      });
      if (!answer.ok) return;
      found = await answer.json();
    } catch {
      return;
    }
    if (turn !== it.asked || document.activeElement !== it.input) return;
    it.list.replaceChildren(...found.slice(0, 20).map((one, n) => {
      const option = document.createElement("li"),
        name = document.createElement("span"),
        note = document.createElement("small");
      option.id = `${it.list.id}-${n}`;
      option.setAttribute("role", "option");
      option.dataset.value = one.value;
      name.textContent = one.label;
      note.textContent = one.note ?? "";
      option.append(name, note);
      return option;
    }));
    it.at = -1;
    it.list.hidden = !found.length;
    it.input.setAttribute("aria-expanded", String(found.length > 0));
    it.input.removeAttribute("aria-activedescendant");
    it.status.textContent = found.length ? `${found.length}，${it.input.dataset.found}` : it.input.dataset.none;
  };
  on("input", "input[data-picker]", (event, input) => {
    const it = picker(input);
    clearTimeout(it.timer);
    it.timer = setTimeout(() => ask(it), 150);
  });
  on("focusin", "input[data-picker]", (event, input) => {
    picker(input);
  });
  on("keydown", "input[data-picker]", (event, input) => {
    const it = picker(input);
    if (it.list.hidden) return;
    if (event.key === "ArrowDown") mark(it, it.at + 1);
    else if (event.key === "ArrowUp") mark(it, it.at < 0 ? -1 : it.at - 1);
    else if (event.key === "Enter" && it.at >= 0) choose(it, it.list.querySelectorAll("[role=option]")[it.at]);
    else if (event.key === "Escape") {
      close(it);
      event.stopPropagation();
    } else return;
    event.preventDefault();
  });

  // A list that came by htmx: its boxes and buttons wake as those of a whole page do.
  document.addEventListener("htmx:after:swap", () => wake(document));
  wake(document);
  // What is wrong is read out first.
  document.querySelector("[data-focus]")?.focus();
})();
