// The script of the web chat: one module, no framework, nothing kept in the
// browser. The server renders; this puts what it gets in its place, sends
// what a person does, and says plainly when that does not work.

const $ = (sel, root = document) => root.querySelector(sel);
const all = (sel, root = document) => [...root.querySelectorAll(sel)];
const body = document.body;
const text = (name) => body.getAttribute("data-text-" + name) || "";

function newID() {
  const b = crypto.getRandomValues(new Uint8Array(18));
  return [...b].map((n) => n.toString(16).padStart(2, "0")).join("");
}

function el(tag, cls, content) {
  const e = document.createElement(tag);
  if (cls) e.className = cls;
  if (content !== undefined) e.textContent = content;
  return e;
}

// The stage: on a narrow screen one pane at a time.
function stage() {
  for (const b of all("[data-pane]")) {
    b.addEventListener("click", () => {
      for (const x of all("[data-pane]")) x.setAttribute("aria-pressed", String(x === b));
      for (const p of all("[data-pane-of]")) p.toggleAttribute("data-off", p.dataset.paneOf !== b.dataset.pane);
    });
  }
}

// leave closes the whole site at once: nothing of it stays in sight, and the
// page takes the place of this one in the history.
function leave() {
  document.documentElement.hidden = true;
  let w = window;
  try {
    if (window.top.location.origin === window.location.origin) w = window.top;
    w.document.documentElement.hidden = true;
  } catch { /* framed by somebody else: leave this frame */ }
  w.location.replace("about:blank");
}

function leaving() {
  let times = [];
  addEventListener("keydown", (e) => {
    if (e.key !== "Escape" || e.repeat) return;
    const now = performance.now();
    times = times.filter((t) => now - t < 2000).concat(now);
    if (times.length >= 3) leave();
  }, true);
  for (const b of all("[data-leave]")) b.addEventListener("click", leave);
  // A page from the back button's store is asked for again.
  addEventListener("pageshow", (e) => { if (e.persisted) location.reload(); });
}

// alone lets an option that stands alone clear the others.
function alone(form) {
  form.addEventListener("change", (e) => {
    const box = e.target;
    if (box.type !== "checkbox" || !box.checked) return;
    for (const other of all("input[type=checkbox]", box.closest("fieldset"))) {
      if (other !== box && (box.hasAttribute("data-alone") || other.hasAttribute("data-alone"))) other.checked = false;
    }
  });
}

// whenIdle calls then when nothing was done for so long (P21).
function whenIdle(limit, then) {
  let touched = performance.now();
  for (const kind of ["pointerdown", "keydown", "wheel", "touchstart"]) addEventListener(kind, () => { touched = performance.now(); }, { passive: true });
  function check() {
    const left = limit - (performance.now() - touched);
    if (left <= 0) then();
    else setTimeout(check, left);
  }
  check();
}

function page() {
  const person = body.dataset.person;
  const lang = body.dataset.lang;
  const keep = Number(body.dataset.keep) || 200;
  const sheet = $("dialog.sheet");
  const sheetBody = $(".sheet-body");
  const logs = new Map(all("[data-log]").map((e) => [e.dataset.log, e]));
  let asleep = false;
  let failed = null; // the act that was not taken, to be brought again
  let opener = null; // where the focus was before the form

  // ---- posts
  const time = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit" });
  const day = new Intl.DateTimeFormat(lang, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  function clock(root) {
    for (const t of all("time[datetime]", root)) {
      const d = new Date(t.dateTime);
      if (!isNaN(d)) t.textContent = (d.toDateString() === new Date().toDateString() ? time : day).format(d);
    }
  }
  const orderOf = (e) => Number(e.dataset.order);
  const postsOf = (id) => $(".posts", logs.get(id));
  // On a screen of little height the page scrolls, else the log does.
  const scrolls = (l) => getComputedStyle(l).overflowY !== "visible";
  function atEnd(id) {
    const l = $(".log", logs.get(id));
    if (!scrolls(l)) return document.documentElement.scrollHeight - scrollY - innerHeight < 300;
    return l.scrollHeight - l.scrollTop - l.clientHeight < 120;
  }
  // toEnd shows the newest post; of one that does not fit, its start.
  function toEnd(id) {
    const l = $(".log", logs.get(id));
    const last = $(".entry:last-child", l);
    if (!last) return;
    if (!scrolls(l)) {
      scrollTo(0, last.getBoundingClientRect().top + scrollY - 12);
      return;
    }
    const start = last.getBoundingClientRect().top - l.getBoundingClientRect().top + l.scrollTop - 12;
    l.scrollTop = last.offsetHeight > l.clientHeight ? start : l.scrollHeight;
  }
  function put(p) {
    const box = postsOf(p.log);
    if (!box) return false;
    let entry = all(".entry", box).find((e) => e.dataset.slot === p.slot);
    if (entry && entry.dataset.html === p.html) return false;
    const held = entry && entry.contains(document.activeElement);
    const fresh = !entry;
    if (fresh) {
      entry = el("div", "entry");
      entry.dataset.slot = p.slot;
    }
    entry.dataset.html = p.html;
    entry.dataset.order = p.order;
    entry.innerHTML = p.html; // made and escaped by the server's templates
    clock(entry);
    const after = all(".entry", box).find((e) => e !== entry && orderOf(e) > p.order);
    if (fresh) box.insertBefore(entry, after || null);
    if (held) $(".post", entry).focus({ preventScroll: true });
    for (const old of all(".entry", box).slice(0, -keep)) old.remove();
    return true;
  }
  function show(posts, whole) {
    const ends = new Map([...logs.keys()].map((id) => [id, atEnd(id)]));
    const touched = new Set();
    if (whole) {
      const slots = new Set(posts.map((p) => p.slot));
      for (const e of all(".entry[data-slot]")) if (!slots.has(e.dataset.slot)) e.remove();
    }
    for (const p of posts) if (put(p)) touched.add(p.log);
    for (const id of touched) {
      if (ends.get(id)) toEnd(id);
      if (logs.get(id).hasAttribute("data-off")) dot(id, true);
    }
  }
  // mine shows what the person typed, in this page only.
  function mine(id, said) {
    const box = postsOf(id);
    const last = Math.max(0, ...all(".entry", box).map(orderOf));
    const entry = el("div", "entry");
    entry.dataset.order = last + 0.5;
    const post = el("article", "post own local");
    post.append(el("p", "who", text("you")), el("div", "text", said));
    entry.append(post);
    box.append(entry);
    toEnd(id);
  }
  function dot(id, on) {
    const d = $(`[data-show="${CSS.escape(id)}"] .dot`);
    if (d) d.hidden = !on;
  }

  // ---- notices
  function notice(id, words, retry) {
    if (sheet.open && !retry && $(".form-notice", sheetBody)) {
      $(".form-notice", sheetBody).textContent = words;
    }
    const n = $(".notice", logs.get(id) || logs.get(person));
    const t = $(".notice-text", n);
    t.replaceChildren();
    n.hidden = !words;
    if (!words) return;
    t.append(el("p", "", words));
    if (retry) {
      const b = el("button", "choice main", text("retry"));
      b.type = "button";
      b.addEventListener("click", () => send(retry));
      t.append(b);
    }
  }
  for (const b of all("[data-notice-close]")) b.addEventListener("click", () => { b.closest(".notice").hidden = true; });

  // ---- 112, also when nothing answers
  const alarm = $("[data-alarm]");
  const words = (body.dataset.dangerWords || "").split(",").map((w) => w.trim().toLowerCase()).filter(Boolean);
  function danger() {
    alarm.hidden = false;
    $("h2", alarm).focus();
  }
  $("[data-alarm-close]").addEventListener("click", () => { alarm.hidden = true; });

  // ---- acts
  // An act keeps its id however often it is sent, so it has one effect.
  async function send(act) {
    if (act.busy) return;
    act.busy = true;
    failed = null;
    notice(act.at, "", null);
    mark(act, true);
    const params = new URLSearchParams({ id: act.id, at: act.at, lang });
    for (const [k, v] of act.fields) params.append(k, v);
    let last = null;
    try {
      const res = await fetch(`/p/${person}/${act.kind}?lang=${lang}`, {
        method: "POST", body: params, cache: "no-store", signal: AbortSignal.timeout(35000),
      });
      for await (const line of lines(res.body)) {
        const a = JSON.parse(line);
        if (a.early) { show([a.early], false); toEnd(a.early.log); }
        if (a.done) last = a;
      }
    } catch { /* told below */ }
    act.busy = false;
    mark(act, false);
    if (asleep) return;
    if (!last || !last.ok) {
      const words = (last && last.notice) || text("failed");
      const again = !last || last.retry;
      if (again) failed = act;
      if (act.form) formFailed(act, words, last && last.errors, again);
      else notice(act.at, words, again ? act : null);
      return;
    }
    if (act.kind === "say" && act.fields[0][1]) {
      if (act.input.value === act.fields[0][1]) act.input.value = "";
    }
    taken(act, last);
  }
  function taken(act, a) {
    if (a.errors && Object.keys(a.errors).length) {
      if (act.form) formErrors(act.form, a.errors, a.notice);
      else notice(act.at, Object.values(a.errors).join(" "), null);
      return;
    }
    if (a.form) { openSheet(a.form); return; }
    if (act.form && act.form.isConnected) closeSheet(true);
    if (a.notice) notice(act.at, a.notice, null);
    settle(act.at);
  }
  // settle brings a lost focus, or one on a post that was answered, to the
  // newest post.
  function settle(at) {
    const now = document.activeElement;
    if (now && now !== body && !now.classList.contains("post")) return;
    const list = all(".post:not(.local)", logs.get(at) || logs.get(person));
    const post = list[list.length - 1];
    if (post) post.focus({ preventScroll: true });
  }
  // mark shows that an act is under way, also when what was pressed is gone.
  let under = 0;
  function mark(act, on) {
    under += on ? 1 : -1;
    body.toggleAttribute("data-busy", under > 0);
    if (!act.button) return;
    if (on) act.button.setAttribute("aria-busy", "true");
    else act.button.removeAttribute("aria-busy");
  }
  async function* lines(stream) {
    const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      rest += value;
      const parts = rest.split("\n");
      rest = parts.pop();
      for (const p of parts) if (p) yield p;
    }
    if (rest.trim()) yield rest;
  }

  const pressed = new WeakMap(); // button -> act, so that a double click is one act
  document.addEventListener("click", (e) => {
    const b = e.target.closest("button[data-token]");
    if (!b) return;
    const at = b.closest("[data-log]").dataset.log;
    if (b.hasAttribute("data-danger")) danger();
    let act = pressed.get(b);
    if (!act || (!act.busy && act.done)) {
      act = { kind: "press", id: newID(), at, fields: [["token", b.dataset.token]], button: b };
      pressed.set(b, act);
    }
    opener = b;
    send(act).then(() => { act.done = failed !== act; });
  });

  for (const f of all("form.type")) {
    const at = f.closest("[data-log]").dataset.log;
    const input = $("input", f);
    let act = null;
    f.addEventListener("submit", (e) => {
      e.preventDefault();
      const said = input.value.trim();
      if (!said || (act && act.busy)) return;
      if (words.includes(said.toLowerCase())) danger();
      // Sent again unchanged after a failure, it is the same act.
      if (!act || failed !== act || act.fields[0][1] !== input.value) {
        act = { kind: "say", id: newID(), at, fields: [["text", input.value]], input, button: $("button", f) };
        mine(at, said);
      }
      send(act);
    });
  }

  // ---- forms
  function openSheet(html) {
    if (!sheet.open) {
      if (!opener || !opener.isConnected) opener = document.activeElement;
    }
    sheetBody.innerHTML = html; // made and escaped by the server's templates
    wire($("form", sheetBody));
    // With room beside the text, all acts are in sight.
    const acts = $("details.all", sheetBody);
    if (acts) acts.open = matchMedia("(min-width: 60rem)").matches;
    if (!sheet.open) sheet.showModal();
    sheet.scrollTop = 0;
    $(".resume")?.remove();
    const bad = $(".summary:not([hidden])", sheetBody);
    (bad || $("#form-title")).focus();
  }
  function wire(form) {
    let act = null;
    form.addEventListener("input", () => { if (act && !act.busy) act = null; });
    alone(form);
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      const chosen = e.submitter && e.submitter.name === "act" ? e.submitter.value : "";
      if (act && act.busy) return;
      if (!act || act.chosen !== chosen || failed !== act) {
        const fields = [...new FormData(form)].filter(([, v]) => typeof v === "string");
        const named = fields.map(([k, v]) => [k, v]);
        if (chosen) named.push(["act", chosen]);
        act = { kind: "form", id: newID(), at: form.dataset.at, fields: named, form, chosen, button: e.submitter };
      }
      send(act);
    });
    form.addEventListener("click", (e) => {
      const a = e.target.closest(".summary a");
      if (!a) return;
      e.preventDefault();
      goTo(form, a.getAttribute("href").slice(1));
    });
  }
  function goTo(form, id) {
    const field = form.querySelector("#" + CSS.escape(id));
    if (!field) return;
    (field.matches("fieldset") ? $("input", field) || field : field).focus();
    field.closest(".field").scrollIntoView({ block: "nearest" });
  }
  function formErrors(form, errors, words) {
    const list = $(".summary ul", form);
    list.replaceChildren();
    $(".summary h3", form).hidden = false;
    if (errors[""]) list.append(el("li", "", errors[""]));
    const seen = new Set([""]);
    for (const box of all("[data-field]", form)) {
      const wrong = errors[box.dataset.field] || "";
      seen.add(box.dataset.field);
      const line = $(".error", box);
      line.textContent = wrong;
      line.hidden = !wrong;
      const inputs = box.matches("[role=radiogroup]") ? [box] : all("input, textarea, select", box);
      for (const x of inputs) {
        if (wrong) x.setAttribute("aria-invalid", "true");
        else x.removeAttribute("aria-invalid");
      }
      if (!wrong) continue;
      const label = $("label, legend", box).firstChild.textContent.trim();
      const a = el("a", "", label + (/[?:]$/.test(label) ? " " : ": ") + wrong);
      a.href = "#" + (box.id || $("input, textarea, select", box).id);
      const li = el("li");
      li.append(a);
      list.append(li);
    }
    for (const [name, wrong] of Object.entries(errors)) if (!seen.has(name)) list.append(el("li", "", wrong));
    $(".form-notice", form).textContent = words || "";
    const summary = $(".summary", form);
    summary.hidden = !list.children.length;
    if (!summary.hidden) { summary.focus(); summary.scrollIntoView({ block: "start" }); }
  }
  // formFailed keeps the form as it is: it can be sent again.
  function formFailed(act, words, errors, again) {
    formErrors(act.form, { ...(errors || {}), "": words }, "");
    $(".summary h3", act.form).hidden = !errors; // nothing is wrong with the form
    if (!again) failed = null;
  }
  function closeSheet(done) {
    const form = $("form", sheetBody);
    // What is only read, or is about somebody, does not stay in the page.
    const keepForm = !done && form && !form.hasAttribute("data-read") && !form.hasAttribute("data-sensitive");
    if (sheet.open) sheet.close();
    if (keepForm) resume(form.dataset.at);
    else { sheetBody.replaceChildren(); $(".resume")?.remove(); }
    if (!done && opener && opener.isConnected) opener.focus();
    else if (!done) settle(form ? form.dataset.at : person);
    opener = null;
  }
  function resume(at) {
    $(".resume")?.remove();
    const b = el("button", "choice main resume", text("resume"));
    b.type = "button";
    b.addEventListener("click", () => { b.remove(); opener = null; sheet.showModal(); $("#form-title").focus(); });
    const home = logs.get(at) || logs.get(person);
    home.insertBefore(b, $("form.type", home));
  }
  sheet.addEventListener("cancel", (e) => { e.preventDefault(); closeSheet(false); });
  $("[data-sheet-close]").addEventListener("click", () => closeSheet(false));

  // ---- files are not taken
  for (const kind of ["dragover", "drop"]) {
    addEventListener(kind, (e) => {
      if (!e.dataTransfer || ![...e.dataTransfer.types].includes("Files")) return;
      e.preventDefault();
      if (kind === "drop") notice(person, text("files"), null);
    });
  }
  addEventListener("paste", (e) => {
    if (e.clipboardData && e.clipboardData.files.length && !e.clipboardData.getData("text")) {
      e.preventDefault();
      notice(person, text("files"), null);
    }
  });

  // ---- the stream
  let source = null;
  let after = body.dataset.mark;
  let tries = 0;
  let timer = 0;
  let watch = 0;
  const lost = $("[data-lost]");
  function alive() {
    tries = 0;
    lost.hidden = true;
    clearTimeout(watch);
    watch = setTimeout(again, 40000);
    if (failed && !failed.busy && failed.resent !== failed.id) {
      failed.resent = failed.id; // once by itself; after that by hand
      send(failed);
    }
  }
  function connect() {
    clearTimeout(timer);
    close();
    if (asleep || document.visibilityState === "hidden") return;
    source = new EventSource(`/p/${person}/events?lang=${lang}&after=${encodeURIComponent(after)}`);
    watch = setTimeout(again, 20000);
    source.addEventListener("beat", alive);
    for (const kind of ["posts", "sync"]) {
      source.addEventListener(kind, (e) => {
        alive();
        after = e.lastEventId;
        show(JSON.parse(e.data), kind === "sync");
      });
    }
    source.addEventListener("out", over);
    source.onerror = again;
  }
  function close() {
    clearTimeout(watch);
    if (source) source.close();
    source = null;
  }
  function again() {
    close();
    if (asleep) return;
    if (document.visibilityState !== "hidden") lost.hidden = false;
    const wait = Math.min(15000, 400 * 2 ** tries++);
    clearTimeout(timer);
    timer = setTimeout(connect, wait / 2 + Math.random() * wait / 2);
  }
  // A browser opens six connections to a server: a page out of sight gives
  // its own back.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") close();
    else connect();
  });
  addEventListener("online", connect);
  addEventListener("pagehide", close);

  // ---- idle: the page clears itself (P21)
  function sleep(box = $("[data-asleep]")) {
    asleep = true;
    failed = null;
    close();
    clearTimeout(timer);
    if (sheet.open) sheet.close();
    sheetBody.replaceChildren();
    for (const l of logs.values()) l.remove();
    logs.clear();
    for (const e of all("main, .switch, [data-alarm], [data-lost], .known, .out, .resume")) e.hidden = true;
    box.hidden = false;
    $("h1, h2", box).focus();
  }

  // ---- signed in: whoever is at work on a long form stays so
  let here = performance.now();
  if (body.hasAttribute("data-known")) {
    for (const kind of ["pointerdown", "keydown"]) {
      addEventListener(kind, () => {
        if (asleep || performance.now() - here < 60000) return;
        here = performance.now();
        fetch(`/p/${person}/here`, { method: "POST", cache: "no-store" }).catch(() => {});
      }, { passive: true });
    }
  }
  // over is the end of being signed in. What is being filled in stays, until the
  // page clears itself: it can be sent after signing in elsewhere.
  function over() {
    const form = sheet.open && $("form", sheetBody);
    if (form && !form.hasAttribute("data-read")) {
      close();
      clearTimeout(timer);
      notice(person, text("over"), null);
      return;
    }
    $(".me").hidden = true; // who was here is nobody's business now
    document.title = $("[data-gone] h1").textContent;
    sleep($("[data-gone]"));
  }
  $("[data-wake]").addEventListener("click", () => location.reload());

  // ---- dialogue and channel
  for (const b of all("[data-show]")) {
    b.addEventListener("click", () => {
      for (const x of all("[data-show]")) x.setAttribute("aria-pressed", String(x === b));
      for (const [id, l] of logs) l.toggleAttribute("data-off", id !== b.dataset.show);
      dot(b.dataset.show, false);
      toEnd(b.dataset.show);
    });
  }

  clock(document);
  for (const id of logs.keys()) toEnd(id);
  whenIdle(Number(body.dataset.idle), sleep);
  connect();
  if (body.dataset.begin) send({ kind: "say", id: body.dataset.begin, at: person, fields: [["text", ""]] });
}

// fetching keeps a second press from cutting off the first: a file is fetched
// once.
function fetching() {
  const form = $("form.fetch");
  if (!form) return;
  form.addEventListener("submit", (e) => {
    if (form.dataset.sent) { e.preventDefault(); return; }
    form.dataset.sent = "1";
    const done = $("[data-fetched]", form);
    if (done) done.hidden = false;
  });
  form.addEventListener("input", () => { delete form.dataset.sent; });
}

// opened is a form on a page of its own. The browser sends it; before that it is
// seen whether the server answers, so that a form is not lost to a page of the
// browser's own.
function opened() {
  const form = $("form.form");
  whenIdle(Number(body.dataset.idle), () => {
    for (const e of all("main, .alarm")) e.remove();
    $("[data-asleep]").hidden = false;
    $("[data-asleep] h2").focus();
  });
  ($(".alarm") ? null : $(".summary:not([hidden])") || $("#form-title, #said"))?.focus();
  if (!form) return;
  alone(form);
  const acts = $("details.all", form);
  if (acts) acts.open = matchMedia("(min-width: 60rem)").matches;
  let state = "";
  form.addEventListener("submit", async (e) => {
    if (state === "sent") { e.preventDefault(); return; }
    if (state === "sure") { state = "sent"; return; }
    e.preventDefault();
    const button = e.submitter;
    state = "sent";
    button?.setAttribute("aria-busy", "true");
    try {
      await fetch("/assets/icon.svg", { cache: "no-store", signal: AbortSignal.timeout(8000) });
      state = "sure";
      form.requestSubmit(button);
      // Whoever stops the browser can send again: it is the same act.
      setTimeout(() => { state = ""; button?.removeAttribute("aria-busy"); }, 5000);
    } catch {
      state = "";
      button?.removeAttribute("aria-busy");
      const words = $(".form-notice", form);
      words.textContent = text("failed");
      words.scrollIntoView({ block: "center" });
    }
  });
}

leaving();
fetching();
if (body.classList.contains("opened")) opened();
if (body.classList.contains("stage")) stage();
if (body.classList.contains("page")) page();
