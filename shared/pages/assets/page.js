// The one script of the pages: it keeps a page current, tells times in the reader's zone, copies, and uploads.
// Every page works without it.
"use strict";

(() => {
  const SHORTEST_MS = 2000;
  const LONGEST_MS = 15000;
  const HIDDEN_TIMES = 8;
  const UPLOAD_BYTES = 20 * 1024 * 1024;
  const body = document.body;
  const chinese = document.documentElement.lang.startsWith("zh");
  const language = chinese ? "zh-CN" : "en-GB";

  // Times. The server's clock counts: that of a phone may be minutes off.

  let ahead = 0;

  function present() {
    return Date.now() + ahead;
  }

  // In the reader's own zone and on the reader's own day, neither has to be named; the title has both.
  const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const day = { day: "numeric", month: "short" };
  const formats = {
    clock: new Intl.DateTimeFormat(language, time),
    moment: new Intl.DateTimeFormat(language, { ...day, ...time }),
    whole: new Intl.DateTimeFormat(language, { ...day, ...time, year: "numeric", second: "2-digit", timeZoneName: "short" }),
  };

  function shown(at, style) {
    const isToday = at.toDateString() === new Date(present()).toDateString();
    return formats[style === "clock" || isToday ? "clock" : "moment"].format(at);
  }

  function setText(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function length(milliseconds) {
    const minutes = Math.floor(milliseconds / 60000);
    if (minutes < 1) return chinese ? "< 1 分" : "< 1 min";
    const units = [[1440, " d", " 天"], [60, " h", " 小时"], [1, " min", " 分"]];
    const parts = [];
    let left = minutes;
    for (const [size, english, han] of units) {
      const count = Math.floor(left / size);
      left %= size;
      if (count || (size === 1 && !parts.length)) parts.push(count + (chinese ? han : english));
      if (parts.length === 2 || (parts.length && !count)) break;
    }
    return parts.join(" ");
  }

  function tellTimes(root) {
    for (const one of root.querySelectorAll("time[datetime]")) {
      const at = new Date(one.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      if (one.hasAttribute("data-since")) {
        setText(one, length(present() - at));
      } else {
        setText(one, shown(at, one.dataset.style));
      }
      one.title = formats.whole.format(at);
    }
    for (const one of root.querySelectorAll("progress[data-until]")) {
      const from = new Date(one.dataset.from).getTime();
      const until = new Date(one.dataset.until).getTime();
      one.value = Math.min(99, Math.max(1, ((present() - from) / (until - from)) * 100));
    }
    for (const one of root.querySelectorAll("[data-copy-from]")) one.hidden = !navigator.clipboard;
  }

  // Keeping current. What the server last said of each region is kept as its text: what differs is put in
  // place, and nothing else is touched.

  function regionsOf(page) {
    return new Map([...page.querySelectorAll("[data-live]")].map((one) => [one.id, one]));
  }

  const told = new Map([...regionsOf(document)].map(([id, one]) => [id, one.innerHTML]));
  const announcer = document.querySelector("[data-announcer]");
  const stale = document.querySelector("[data-stale-note]");
  let announced = new Set(announcements());
  let tag = null;
  let timer = 0;
  let pace = SHORTEST_MS;
  let isAsking = false;

  function announcements() {
    return [...document.querySelectorAll("[data-announce]")].map((one) => one.dataset.announce);
  }

  function isBusy(region) {
    // A field with something typed into it, or the one that is being used, outlives a refresh.
    const fields = [...region.querySelectorAll("input:not([type=hidden]), select, textarea")];
    return fields.some((one) => one === document.activeElement || one.value !== one.defaultValue && one.tagName !== "SELECT");
  }

  function replace(region, fresh) {
    const open = new Set([...region.querySelectorAll("details[open]")].map((one) => one.id));
    const focused = region.contains(document.activeElement) ? pathOf(document.activeElement, region) : null;
    const copy = document.importNode(fresh, true);
    for (const one of copy.querySelectorAll("details")) if (open.has(one.id)) one.open = true;
    tellTimes(copy);
    region.replaceChildren(...copy.childNodes);
    if (focused) {
      const again = find(focused, region);
      if (again) again.focus({ preventScroll: true });
    }
  }

  function pathOf(element, region) {
    const owner = element.closest("[id]");
    const root = owner && region.contains(owner) ? owner : region;
    const alike = [...root.querySelectorAll(element.tagName)];
    return { id: root === region ? null : root.id, tag: element.tagName, index: root === element ? -1 : alike.indexOf(element) };
  }

  function find(path, region) {
    const root = path.id === null ? region : document.getElementById(path.id);
    if (!root || path.index === -1) return root;
    return root.querySelectorAll(path.tag)[path.index];
  }

  async function refresh() {
    isAsking = true;
    let next = LONGEST_MS;
    const address = new URL(location.href);
    address.searchParams.delete("ticket");
    try {
      const headers = { Accept: "text/html" };
      if (tag) headers["If-None-Match"] = tag;
      const answer = await fetch(address, { headers, credentials: "same-origin", cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(20000) });
      if (answer.type === "opaqueredirect" || answer.status === 401) { location.reload(); return; }
      const at = Date.parse(answer.headers.get("Date"));
      if (!Number.isNaN(at)) ahead = at - Date.now();
      const seconds = Number(answer.headers.get("Retry-After"));
      if (seconds > 0) next = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, seconds * 1000));
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const isWhole = show(page);
        tag = isWhole ? answer.headers.get("ETag") : null;
      } else if (answer.status !== 304) {
        throw new Error(String(answer.status));
      }
      pace = next;
      stale.hidden = true;
    } catch {
      pace = Math.min(LONGEST_MS * 4, pace * 2);
      setText(stale, body.dataset.stale);
      stale.hidden = false;
    } finally {
      isAsking = false;
    }
    plan();
  }

  function show(page) {
    const fresh = regionsOf(page);
    const present = regionsOf(document);
    // A part has come or gone, such as the result: the page as a whole is shown anew, at a calm moment.
    const hasOther = [...fresh.keys()].join() !== [...present.keys()].join();
    if (hasOther) {
      if (isUploading() || [...document.querySelectorAll("main")].some(isBusy)) return false;
      const main = document.querySelector("main");
      const other = page.querySelector("main");
      if (!other || !fresh.size) { location.reload(); return false; }
      replace(main, other);
      prepareUploads();
      told.clear();
      for (const [id, one] of fresh) told.set(id, one.innerHTML);
      announce();
      return true;
    }
    let isWhole = true;
    for (const [id, one] of fresh) {
      if (told.get(id) === one.innerHTML) continue;
      if (isBusy(present.get(id))) { isWhole = false; continue; }
      replace(present.get(id), one);
      told.set(id, one.innerHTML);
    }
    announce();
    return isWhole;
  }

  function announce() {
    const now = announcements();
    const news = now.filter((one) => !announced.has(one));
    announced = new Set(now);
    if (news.length) announcer.textContent = news.join(". ");
  }

  function plan(soon) {
    clearTimeout(timer);
    if (!told.size) return;
    timer = setTimeout(refresh, soon ? 300 : pace * (document.hidden ? HIDDEN_TIMES : 1));
  }

  document.addEventListener("visibilitychange", () => {
    if (!isAsking) plan(!document.hidden);
  });

  // Copying

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy-from]");
    if (!button) return;
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copyFrom).textContent);
    button.textContent = body.dataset.copied;
    announcer.textContent = body.dataset.copied;
    setTimeout(() => { button.textContent = body.dataset.copy; }, 2000);
  });

  // Uploading, one by one: a phone's line is narrow, and each photo is shown as soon as it is there.

  const waiting = [];
  let sending = false;

  function isUploading() {
    return sending || waiting.length > 0;
  }

  function prepareUploads() {
    for (const form of document.querySelectorAll("form[data-upload]")) {
      for (const input of form.querySelectorAll("input[type=file]")) {
        input.addEventListener("change", () => {
          for (const file of input.files) enqueue(form, file);
          input.value = "";
        });
      }
    }
  }

  function enqueue(form, file) {
    const row = document.createElement("li");
    const name = document.createElement("bdi");
    name.textContent = file.name;
    const [before, after] = form.dataset.uploading.split("{name}");
    const text = document.createElement("p");
    text.append(before, name, after);
    row.append(text);
    form.querySelector("[data-sending]").append(row);
    if (file.size > UPLOAD_BYTES) { fail(row, form.dataset.large); return; }
    waiting.push({ form, file, row, label: before + file.name + after });
    if (!sending) sendNext();
  }

  function fail(row, message) {
    const note = document.createElement("p");
    note.className = "failed";
    note.textContent = message;
    row.append(note);
  }

  function nameFor(file) {
    // A camera calls every photo image.jpg: the moment keeps two of them apart.
    const isUsual = /^(image|photo)\.\w+$/i.test(file.name);
    return isUsual ? file.name.replace(".", "-" + file.lastModified + ".") : file.name;
  }

  function sendNext() {
    const one = waiting.shift();
    if (!one) { sending = false; return; }
    sending = true;
    const bar = document.createElement("progress");
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", one.label);
    one.row.append(bar);
    const call = new XMLHttpRequest();
    call.open("PUT", one.form.dataset.upload + "/" + encodeURIComponent(nameFor(one.file)));
    call.setRequestHeader("Content-Type", one.file.type || "application/octet-stream");
    const field = one.form.querySelector("input[name=csrf]");
    if (field && field.value) call.setRequestHeader("X-CSRF-Token", field.value);
    call.timeout = 120000;
    call.upload.onprogress = (event) => { bar.value = (event.loaded / event.total) * 100; };
    call.onloadend = () => {
      bar.remove();
      if (call.status >= 200 && call.status < 300) {
        one.row.firstChild.append(" – " + one.form.dataset.ok);
        setTimeout(() => one.row.remove(), 8000);
        plan(true);
      } else {
        fail(one.row, detailOf(call) || one.form.dataset.failed);
      }
      sendNext();
    };
    call.send(one.file);
  }

  function detailOf(call) {
    try {
      return JSON.parse(call.responseText).detail;
    } catch {
      return "";
    }
  }

  document.documentElement.classList.add("has-script");
  tellTimes(document);
  prepareUploads();
  setInterval(() => tellTimes(document), 20000);
  plan();
})();
