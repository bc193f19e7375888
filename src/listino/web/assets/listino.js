// <listino-price item="CODE" quantity="10" unit="MTR">what stands here while there is no price</listino-price>
// Guide: docs/guides/price-component.md. One file without parts of others; it throws nothing into the page.
(() => {
  "use strict";
  const script = document.currentScript || document.querySelector('script[src*="listino.js"]');
  if (!script || !window.customElements || customElements.get("listino-price")) return;

  // Prices come from where this file came from.
  const base = new URL("v1/me/", script.src);
  const LINES_MAX = 200;
  // So long later questions wait for others, to be asked together.
  // Proxies take no longer address than about this.
  const QUERY_MAX = 7_800;
  const WATCH_MS = 1_000;
  const GATHER_MS = 40;
  const ANSWER_MS = 15_000;
  // So long a price stands while the service is away.
  const STANDS_MS = 900_000;
  // So long a hidden page stays live.
  const HIDDEN_MS = 60_000;
  // So long before its end a token is changed for the next.
  const EARLY_MS = 20_000;
  const PAUSE_MAX_S = 60;
  const TIMER_MAX_MS = 2 ** 31 - 1;
  const ANNOUNCED_MAX = 3;
  // A decimal above zero.
  const DECIMAL = /^(?=.*[1-9])\d{1,18}(\.\d{1,9})?$/;

  // ---- Words ----------------------------------------------------------------------------------------------------
  const SIGNS = {
    MTR: "m", CMT: "cm", MMT: "mm", MTK: "m²", MTQ: "m³", KGM: "kg", GRM: "g", TNE: "t", LTR: "l",
  };
  // A unit is named for one, and after the bar for many.
  const WORDS = {
    en: {
      per: "per {}", net: "excl. VAT", gross: "incl. VAT", on_request: "Price on request",
      not_available: "Not available", prior: "Lowest price in the 30 days before: ", reduced: "Reduced by ",
      breaks: "Quantity breaks", quantity: "Quantity", from: "from {}", above: "above {}",
      now: "New price: {}", all_new: "Prices on this page have changed.", in_stock: "In stock",
      some: "{} in stock", later: "Available from {}", no_stock: "Not in stock",
      units: { C62: "piece|pieces", PR: "pair|pairs", BX: "box|boxes", CT: "carton|cartons",
        RO: "roll|rolls", RL: "reel|reels" },
    },
    it: {
      per: "per {}", net: "IVA esclusa", gross: "IVA inclusa", on_request: "Prezzo su richiesta",
      not_available: "Non disponibile", prior: "Prezzo più basso dei 30 giorni precedenti: ", reduced: "Ribasso del ",
      breaks: "Prezzi per quantità", quantity: "Quantità", from: "da {}", above: "oltre {}",
      now: "Nuovo prezzo: {}", all_new: "I prezzi di questa pagina sono cambiati.", in_stock: "Disponibile",
      some: "{} disponibili", later: "Disponibile dal {}", no_stock: "Esaurito",
      units: { C62: "pezzo|pezzi", PR: "paio|paia", BX: "scatola|scatole", CT: "cartone|cartoni",
        RO: "rotolo|rotoli", RL: "bobina|bobine" },
    },
    de: {
      per: "je {}", net: "zzgl. MwSt.", gross: "inkl. MwSt.", on_request: "Preis auf Anfrage",
      not_available: "Nicht lieferbar", prior: "Niedrigster Preis der 30 Tage davor: ", reduced: "Reduziert um ",
      breaks: "Staffelpreise", quantity: "Menge", from: "ab {}", above: "über {}",
      now: "Neuer Preis: {}", all_new: "Preise auf dieser Seite haben sich geändert.", in_stock: "Auf Lager",
      some: "{} auf Lager", later: "Lieferbar ab {}", no_stock: "Nicht auf Lager",
      units: { C62: "Stück|Stück", PR: "Paar|Paar", BX: "Schachtel|Schachteln", CT: "Karton|Kartons",
        RO: "Ring|Ringe", RL: "Trommel|Trommeln" },
    },
  };
  function languageOf(element) {
    for (let at = element; at; at = at.getRootNode().host) {
      const near = at.closest("[lang]");
      if (near) return near.lang || "en";
    }
    return navigator.language || "en";
  }

  const formats = new Map();

  // The formatter is handed the decimal text itself, and no digit of it may be lost or added: where a browser would
  // round (an old one) or cannot, the text stands as it came.
  function decimal(text, language, options = {}) {
    const digits = (text.split(".")[1] || "").length;
    const name = options.currency || options.unit || "";
    const key = `${language} ${digits} ${name}`;
    try {
      if (!formats.has(key)) {
        const shown = { ...options, minimumFractionDigits: digits, maximumFractionDigits: digits };
        formats.set(key, new Intl.NumberFormat(language, { ...shown, numberingSystem: "latn" }));
      }
      const told = formats.get(key).format(text);
      if (told.replace(/\D/g, "") === text.replace(/\D/g, "")) return told;
    } catch {
      // A language or currency that the browser does not know.
    }
    return `${text} ${name}`;
  }

  // How an element speaks: its page's words, and its page's way to write amounts.
  function tongueOf(element) {
    const language = languageOf(element);
    const words = { ...WORDS.en, ...WORDS[language.split("-")[0]], ...WORDS[language] };
    const fill = (name, text) => words[name].split("{}").join(text);
    const quantity = (number, unit, isHidingOne) => {
      const [one, many = one] = (words.units[unit] || SIGNS[unit] || unit).split("|");
      const name = number === "1" ? one : many;
      return isHidingOne && number === "1" ? one : `${decimal(number, language)} ${name}`;
    };
    return {
      words, fill, quantity,
      per: (number, unit) => fill("per", quantity(number || "1", unit, true)),
      money: (text, currency) => decimal(text, language, { style: "currency", currency }),
      percent: (text) => decimal(text, language, { style: "unit", unit: "percent" }),
      date: (day) => new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" }).format(new Date(day)),
    };
  }

  // Which of two decimal texts is larger, by their digits.
  function compare(a, b) {
    const [[whole, part = ""], [other, rest = ""]] = [a, b].map((text) => text.replace(/^0+(?=\d)/, "").split("."));
    if (whole.length !== other.length) return whole.length - other.length;
    const [left, right] = [whole + part.padEnd(9, "0"), other + rest.padEnd(9, "0")];
    return left < right ? -1 : Number(left > right);
  }

  // ---- Who asks -------------------------------------------------------------------------------------------------
  const said = script.dataset;
  const source = said.tokenUrl ? askedOfShop : null;
  // Gives the next token, where there is one that can.
  let giver = source;
  let token = null;
  let endsAt = Infinity;

  // What failed is asked again `afterS`: undefined is after a growing pause, Infinity not by itself.
  const failed = (afterS) => ({ afterS });

  async function askedOfShop() {
    const response = await timely(said.tokenUrl, { credentials: "same-origin", cache: "no-store" });
    if (!response.ok) throw failure(response);
    return response.json();
  }

  function holdToken(given) {
    token = given?.token || (typeof given === "string" ? given : null);
    endsAt = Date.parse(given?.expires_at) || Infinity;
  }

  async function tokenNow() {
    if (token && (!giver || Date.now() < endsAt - EARLY_MS / 2)) return token;
    if (!giver) throw failed(Infinity);
    const asked = generation;
    const given = await giver();
    if (asked === generation) holdToken(given);
    if (!token) throw failed(Infinity);
    return token;
  }

  // ---- Asking: one question for all elements, and again when it failed ------------------------------------------
  // What is asked, by item, quantity and unit, and the elements that show it.
  const lines = new Map();
  // What the last answer said of all its lines.
  let head = {};
  // Grows when somebody else looks at the page.
  let generation = 0;
  let tries = 0;
  // For which of these somebody is asking.
  let askingFor = -1;
  let isAway = false;
  let askTimer = 0;
  let renewTimer = 0;
  let askingNow = null;
  // Since when the service is away.
  let lostAt = Infinity;

  async function timely(address, options) {
    const control = new AbortController();
    askingNow = control;
    const timer = setTimeout(() => control.abort(), ANSWER_MS);
    try {
      return await fetch(address, { ...options, signal: control.signal });
    } finally {
      clearTimeout(timer);
    }
  }

  function failure(response) {
    const { status } = response;
    const afterS = Number(response.headers.get("Retry-After"));
    if (afterS > 0) return failed(afterS);
    return failed(status >= 500 || status === 408 || status === 429 ? undefined : Infinity);
  }

  async function pricesOf(batch) {
    const body = {
      lines: batch.map(({ item, quantity, unit }, place) => ({ id: String(place), item, quantity, unit })),
      ladder: batch.some((line) => [...line.elements].some((element) => element.breaks !== "none")),
    };
    const response = await timely(`${base}prices`, {
      method: "POST",
      credentials: "omit",
      headers: {
        Authorization: `Bearer ${await tokenNow()}`,
        "Content-Type": "application/json",
        "Accept-Language": languageOf(document.documentElement),
      },
      body: JSON.stringify(body),
    });
    if (response.status === 401 && giver) {
      token = null;
      throw failed(tries ? undefined : 0);
    }
    if (!response.ok) throw failure(response);
    return response.json();
  }

  function soon() {
    if (askTimer || isAway || document.readyState === "loading") return;
    askTimer = setTimeout(ask, head.lines ? GATHER_MS : 0);
  }

  async function ask() {
    clearTimeout(askTimer);
    askTimer = 0;
    const asked = generation;
    if (askingFor === asked || isAway) return;
    askingFor = asked;
    let batch = [];
    try {
      while ((batch = nextBatch()).length) {
        for (const line of batch) line.isWanted = false;
        const told = await pricesOf(batch);
        if (asked !== generation) return;
        take(batch, told);
      }
      if (lines.size) await tokenNow();
      if (asked !== generation) return;
      // A stream that was lost is back only when it says so.
      if (stream || said.live === "off") tries = 0;
      found();
      watch();
      renewInTime();
    } catch (error) {
      if (asked !== generation) return;
      later(batch, error);
    }
    askingFor = -1;
  }

  function lost() {
    lostAt = Math.min(lostAt, Date.now());
    mark("stale", true);
  }

  function found() {
    lostAt = Infinity;
    mark("stale", false);
  }

  function nextBatch() {
    for (const [key, line] of lines) if (!line.elements.size) lines.delete(key);
    return [...lines.values()].filter((line) => line.isWanted).slice(0, LINES_MAX);
  }

  function take(batch, told) {
    head = told;
    const answers = new Map(told.lines.map((answer) => [answer.id, answer]));
    batch.forEach((line, place) => settle(line, answers.get(String(place))));
  }

  function settle(line, answer) {
    const before = line.answer;
    line.answer = answer?.outcome ? { ...answer } : null;
    // What the stream alone tells stands until it tells otherwise.
    if (line.answer && before && !("stock" in answer)) line.answer.stock = before.stock;
    line.isSettled = true;
    for (const element of line.elements) element.show();
  }

  // What failed is asked again; until then each price that is known stands for a while.
  function later(batch, error) {
    const afterS = error?.afterS;
    lost();
    for (const line of batch) line.isWanted = true;
    for (const line of lines.values()) {
      if (!line.answer || afterS === Infinity || Date.now() - lostAt > STANDS_MS) settle(line, null);
    }
    if (afterS === Infinity) return unwatch();
    const pauseS = Math.min(PAUSE_MAX_S, 2 ** tries++) * (0.5 + Math.random() / 2);
    const waitS = afterS === undefined ? pauseS : afterS * (1 + Math.random() / 4);
    askTimer = setTimeout(ask, Math.min(waitS * 1000, TIMER_MAX_MS));
  }

  function askAll() {
    for (const line of lines.values()) line.isWanted = true;
    clearTimeout(askTimer);
    askTimer = 0;
    soon();
  }

  function renewInTime() {
    clearTimeout(renewTimer);
    if (!giver || endsAt === Infinity) return;
    const dueMs = Math.max(endsAt - EARLY_MS - Date.now(), EARLY_MS);
    renewTimer = setTimeout(() => {
      if (Date.now() < endsAt - EARLY_MS) return renewInTime();
      token = null;
      soon();
    }, Math.min(dueMs, TIMER_MAX_MS));
  }

  // ---- Live: one stream for the page ----------------------------------------------------------------------------
  let stream = null;
  let watched = [];
  let lastId = "";
  let strikes = 0;
  let watchTimer = 0;

  // Opened anew for another token, and for what is not watched yet; while somebody types only after a moment.
  function watch() {
    clearTimeout(watchTimer);
    const wanted = [...lines.values()].filter((line) => line.answer);
    if (!window.EventSource || said.live === "off" || isAway) return;
    if (!wanted.length) unwatch();
    else if (!stream) open(wanted);
    else if (stream.token !== token || wanted.some((line) => !stream.wanted.has(line))) {
      watchTimer = setTimeout(() => {
        unwatch();
        watch();
      }, WATCH_MS);
    }
  }

  function open(wanted) {
    let query = `${new URLSearchParams(lastId ? { token, last_event_id: lastId } : { token })}`;
    watched = [];
    const hasQuantities = wanted.some((line) => line.quantity !== "1");
    const hasUnits = wanted.some((line) => line.unit);
    for (const line of wanted) {
      const asked = { item: line.item };
      if (hasQuantities) asked.quantity = line.quantity;
      if (hasUnits) asked.unit = line.unit || "";
      const one = `&${new URLSearchParams(asked)}`;
      if (watched.length === LINES_MAX || query.length + one.length > QUERY_MAX) break;
      query += one;
      watched.push(line);
    }
    const opened = (stream = new EventSource(`${base}stream?${query}`));
    Object.assign(opened, { token, wanted: new Set(wanted) });
    opened.addEventListener("ready", () => {
      strikes = tries = 0;
      found();
    });
    opened.addEventListener("price", (event) => {
      lastId = event.lastEventId;
      hear(JSON.parse(event.data));
    });
    opened.onerror = () => {
      if (opened !== stream) return;
      lost();
      // The browser tries once by itself, and resumes; after that we ask, with pauses, and learn why.
      if (opened.readyState !== EventSource.CLOSED && ++strikes < 2) return;
      unwatch();
      for (const line of lines.values()) line.isWanted = true;
      if (!askTimer && askingFor !== generation) later([], failed());
    };
  }

  function unwatch() {
    clearTimeout(watchTimer);
    stream?.close();
    stream = null;
  }

  // The stream tells no quantity breaks: where something changed that may have changed them, they are asked again.
  function hear(told) {
    const line = watched[told.line - 1];
    if (!line || !line.elements.size) return;
    const before = line.answer;
    const core = (one) => JSON.stringify([one.net_price, one.gross_price, one.next_break]);
    settle(line, told.outcome && { ladder: before?.ladder, ...told });
    if (line.answer && (!before || (before.ladder && core(before) !== core(told)))) {
      line.isWanted = true;
      soon();
    }
  }

  function leave() {
    isAway = true;
    clearTimeout(askTimer);
    clearTimeout(renewTimer);
    askTimer = 0;
    unwatch();
  }

  function comeBack() {
    if (!isAway) return;
    isAway = false;
    tries = 0;
    askAll();
  }

  let hiddenTimer = 0;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiddenTimer);
    if (document.visibilityState === "hidden") hiddenTimer = setTimeout(leave, HIDDEN_MS);
    else comeBack();
  });
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", comeBack);
  window.addEventListener("online", askAll);

  // ---- What is shown --------------------------------------------------------------------------------------------
  const STYLE = `
    :host { display: inline-block; font-variant-numeric: tabular-nums; line-height: 1.4;
      position: relative;
      --accent: var(--listino-accent, color-mix(in oklab, currentColor 30%, #e5342b));
      --muted: var(--listino-muted, color-mix(in srgb, currentColor 68%, transparent));
      --line: var(--listino-line, color-mix(in srgb, currentColor 18%, transparent)); }
    :host([hidden]), [hidden] { display: none !important; }
    .prices { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 0.45em; }
    .main .amount { font-size: var(--listino-size, 1.35em); font-weight: 650; }
    .reduced .main .amount { color: var(--accent); }
    .tax, .unit, .second, .reference, .prior, .stock, summary { font-size: 0.85em; }
    .second .tax { font-size: 1em; color: inherit; }
    .tax, .unit, .second, .reference, .prior, summary, th { color: var(--muted); }
    .second { flex-basis: 100%; }
    .amount, .tax, .unit { white-space: nowrap; }
    .message { font-weight: 550; }
    .reduction { margin-inline-start: 0.5em; padding: 0.05em 0.45em; border-radius: 1em; font-weight: 600;
      color: var(--accent); border: 1px solid currentColor; font-size: 0.85em; }
    .stock::before { content: ""; display: inline-block; inline-size: 0.5em; block-size: 0.5em; border-radius: 50%;
      margin-inline-end: 0.45em; background: var(--listino-no-stock, var(--muted)); }
    .stock.there::before { background: var(--listino-in-stock, color-mix(in oklab, currentColor 20%, #18a058)); }
    details { margin-block-start: 0.25em; }
    summary { cursor: pointer; inline-size: fit-content; }
    summary:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
    table { border-collapse: collapse; margin-block-start: 0.3em; font-size: 0.9em; }
    tr { border-block-end: 1px solid var(--line); }
    tbody tr:last-child { border: 0; }
    th, td { padding: 0.25em 0; text-align: start; font-weight: 400; white-space: nowrap; }
    .cell { text-align: end; padding-inline-start: 2em; }
    .current > * { font-weight: 650; color: inherit; }
    .unseen { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%);
      white-space: nowrap; }
    @media (prefers-reduced-motion: no-preference) {
      .new { animation: new 1.6s ease-out; }
      @keyframes new { from { background: var(--line); } }
    }`;
  let sheet;
  try {
    // No style element and no attribute: a strict policy lets it be.
    sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
  } catch {
    // An old browser: the parts stand without our looks.
  }

  // A part's classes are also the names that ::part() knows it by.
  function name(node, names) {
    node.className = names;
    node.setAttribute("part", names);
  }

  function made(tag, names, ...children) {
    const node = document.createElement(tag);
    if (names) name(node, names);
    node.append(...children.filter((child) => child !== null));
    return node;
  }

  const unseen = (text) => made("span", "unseen", text);

  // The kinds of price that are shown, the main one first.
  function kindsOf(answer, shows) {
    const there = ["net", "gross"].filter((kind) => answer[`${kind}_price`]);
    return there.includes(shows) ? [shows] : there;
  }

  function priceParts(answer, kinds, { words, money, per }) {
    return kinds.flatMap((kind, place) => [
      place ? " " : "",
      made("span", `price ${kind} ${place ? "second" : "main"}`,
        made("span", "amount", money(answer[`${kind}_price`], answer.currency)), " ",
        place ? null : made("span", "unit", per(answer.per, answer.unit)), " ", made("span", "tax", words[kind])),
    ]);
  }

  function priorPart(answer, kind, { words, money, percent }) {
    const before = answer[`prior_${kind}_price`];
    return before && compare(answer.reduction_percent, "0") > 0 ? made("div", "prior",
      unseen(words.prior), made("s", "prior-amount", money(before, answer.currency)), " ",
      unseen(words.reduced), made("span", "reduction", `−${percent(answer.reduction_percent)}`)) : null;
  }

  function referencePart(answer, kind, { money, per }) {
    const each = answer[`reference_${kind}_price`];
    if (!each || answer.reference_unit === answer.unit) return null;
    return made("div", "reference", `${money(each, answer.currency)} ${per("1", answer.reference_unit)}`);
  }

  // Stock is counted in the item's own unit: in another nothing is said of enough.
  function stockPart({ stock, quantity, unit }, isOwnUnit, { words, fill, ...tongue }) {
    if (!stock) return null;
    const { available, available_on: day } = stock;
    if (DECIMAL.test(available)) {
      const isEnough = !isOwnUnit || compare(available, quantity) >= 0;
      return made("div", "stock there", isEnough ? words.in_stock : fill("some", tongue.quantity(available, unit)));
    }
    return made("div", "stock", day ? fill("later", tongue.date(day)) : words.no_stock);
  }

  function breakRows(answer, kinds, { words, fill, quantity, per, money }) {
    const usual = answer.ladder[0].per;
    const headOf = (scope, part, text) => {
      const cell = made("th", part, text);
      cell.scope = scope;
      return cell;
    };
    const heads = kinds.map((kind) => headOf("col", "cell", `${per(usual, answer.unit)}, ${words[kind]}`));
    let current = null;
    const rows = answer.ladder.map((rung) => {
      const [way, start] = rung.above ? ["above", rung.above] : ["from", rung.from];
      const cells = kinds.map((kind) => made("td", "cell", money(rung[`${kind}_price`], answer.currency),
        rung.per === usual ? "" : ` ${per(rung.per, answer.unit)}`));
      const row = made("tr", "row", headOf("row", "start", fill(way, quantity(start, answer.unit))), ...cells);
      if (compare(answer.quantity, start) >= (rung.above ? 1 : 0)) current = row;
      return row;
    });
    if (current) {
      name(current, "row current");
      current.ariaCurrent = "true";
    }
    const caption = made("caption", "", unseen([answer.name, words.breaks].filter(Boolean).join(": ")));
    return [caption, made("thead", "", made("tr", "", headOf("col", "", words.quantity), ...heads)),
      made("tbody", "", ...rows)];
  }

  const announced = new Map();

  // Few changes are read out one by one, many as one.
  function announce(element, text, words) {
    if (!announced.size) {
      setTimeout(() => {
        const all = [...announced];
        announced.clear();
        if (all.length > ANNOUNCED_MAX) all.splice(0, all.length, [all[0][0], words.all_new]);
        for (const [one, sentence] of all) one.say(sentence);
      }, 250);
    }
    announced.set(element, text);
  }

  function mark(state, on) {
    for (const line of lines.values()) for (const element of line.elements) element.mark(state, on);
  }

  class ListinoPrice extends HTMLElement {
    static observedAttributes = ["item", "quantity", "unit", "shows", "breaks"];
    #line = null;
    // The price that stands there, as text; read out when it becomes another.
    #shown = "";
    #states = null;
    #slot = document.createElement("slot");
    #prices = made("div", "prices");
    #more = made("div", "more");
    #table = made("table", "table");
    #summary = made("summary", "summary");
    #breaks = made("details", "breaks", this.#summary, this.#table);
    #body = made("div", "body", this.#prices, this.#more, this.#breaks);
    #status = unseen("");

    constructor() {
      super();
      const root = this.attachShadow({ mode: "open" });
      if (sheet) root.adoptedStyleSheets = [sheet];
      this.#body.hidden = true;
      this.#status.setAttribute("role", "status");
      root.append(this.#slot, this.#body, this.#status);
      this.#states = this.attachInternals?.().states;
    }

    /** The answer that is shown, as the service gave it, or null. */
    get answer() {
      return this.#line?.answer || null;
    }

    get breaks() {
      return this.getAttribute("breaks");
    }

    connectedCallback() {
      this.#breaks.open = this.breaks === "open";
      this.#join();
    }

    disconnectedCallback() {
      this.#line.elements.delete(this);
      this.#line = null;
      soon();
    }

    attributeChangedCallback(attribute) {
      if (!this.#line) return;
      if (attribute === "breaks") this.#breaks.open = this.breaks === "open";
      if (attribute === "shows" || attribute === "breaks") this.show();
      else this.#join();
    }

    // Among those that ask the same.
    #join() {
      const item = this.getAttribute("item") || "";
      const quantity = (this.getAttribute("quantity") || "1").trim();
      const unit = this.getAttribute("unit") || undefined;
      const key = JSON.stringify([item, quantity, unit]);
      this.#line?.elements.delete(this);
      const isAsked = item && DECIMAL.test(quantity);
      let line = isAsked ? lines.get(key) : { elements: new Set(), isSettled: true };
      if (!line) {
        line = { item, quantity, unit, elements: new Set(), isWanted: true };
        lines.set(key, line);
      }
      this.#line = line;
      line.elements.add(this);
      this.mark("loading", !line.isSettled);
      if (line.isSettled) this.show();
      if (line.isWanted) soon();
    }

    mark(state, on) {
      // A browser may not know states of elements.
      this.#states?.[on ? "add" : "delete"](state);
    }

    say(text) {
      this.#status.textContent = text;
    }

    show() {
      if (!this.#line.isSettled) return;
      const { answer } = this;
      let shown = "";
      try {
        if (answer) shown = this.#fill(answer, tongueOf(this));
      } catch {
        // An answer that cannot be shown is none.
      }
      this.mark("loading", false);
      this.mark("price", shown && answer.outcome === "price");
      this.#slot.hidden = Boolean(shown);
      this.#body.hidden = !shown;
      this.#shown = shown;
      if (!shown) this.say("");
      const detail = shown ? answer : null;
      this.dispatchEvent(new CustomEvent("listino-price", { detail, bubbles: true, composed: true }));
    }

    // Fills the parts, and gives the price as text.
    #fill(answer, tongue) {
      const { words } = tongue;
      const isPrice = answer.outcome === "price";
      // Larger quantities may have a price where this one has none.
      const priced = isPrice ? answer : answer.ladder?.[0] || {};
      const kinds = kindsOf(priced, this.getAttribute("shows") || answer.shows || head.shows);
      const more = isPrice ? [
        priorPart(answer, kinds[0], tongue),
        referencePart(answer, kinds[0], tongue),
        stockPart(answer, !this.#line.unit, tongue),
      ] : [];
      const nothing = words[answer.reason] || words.not_available;
      const prices = isPrice ? priceParts(answer, kinds, tongue) : [made("span", "message", nothing)];
      this.#prices.replaceChildren(...prices);
      this.#more.replaceChildren(...more.filter(Boolean));
      name(this.#body, more[0] ? "body reduced" : "body");
      this.#breaks.hidden = this.breaks === "none" || !(answer.ladder?.length > isPrice);
      if (!this.#breaks.hidden) {
        this.#summary.textContent = words.breaks;
        this.#table.replaceChildren(...breakRows(answer, kinds, tongue));
      }
      const text = this.#prices.textContent;
      if (this.#shown && text !== this.#shown) {
        announce(this, (answer.name ? `${answer.name}: ` : "") + tongue.fill("now", text), words);
        this.#prices.classList.remove("new");
        // So that the same animation begins again.
        void this.#prices.offsetWidth;
        this.#prices.classList.add("new");
      }
      return text;
    }
  }

  // ---- What the page may say ------------------------------------------------------------------------------------
  function become(given) {
    generation++;
    giver = typeof given === "function" ? given : given === null ? null : source;
    tries = 0;
    askingNow?.abort();
    clearTimeout(renewTimer);
    unwatch();
    holdToken(given);
    // Nobody sees the prices of who was here before.
    for (const line of lines.values()) settle(line, null);
    askAll();
  }

  function showAll() {
    for (const line of lines.values()) for (const element of line.elements) element.show();
  }

  window.Listino = {
    /** Another visitor: a token, {token, expires_at}, a function that gives one, or null for nobody. */
    token: become,
    /** The visitor signed in or out: ask `data-token-url` again. */
    refresh: () => become(),
    /** Words of a language: Listino.texts("fr", {on_request: "Prix sur demande"}). */
    texts: (language, words) => {
      const known = WORDS[language] || {};
      WORDS[language] = { ...known, ...words, units: { ...WORDS.en.units, ...known.units, ...words.units } };
      showAll();
    },
  };

  holdToken({ token: said.token, expires_at: said.expiresAt });
  customElements.define("listino-price", ListinoPrice);
  document.addEventListener("DOMContentLoaded", soon);
  new MutationObserver(showAll).observe(document, { attributes: true, attributeFilter: ["lang"], subtree: true });
})();
