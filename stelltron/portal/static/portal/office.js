// Keeps the dashboard's figures fresh: at most once a second while live frames arrive, else every ten seconds.
(() => {
  const office = document.getElementById("office");
  if (!office) return;
  const FRAME_MS = 1000, QUIET_MS = 10000, LONGEST_WAIT_MS = 30000;
  let loading = false, again = false, fetchedAt = Date.now(), timer = 0, wait = 1000;

  async function load() {
    clearTimeout(timer);
    timer = 0;
    if (loading) { again = true; return; }
    loading = true;
    fetchedAt = Date.now();
    try {
      const answer = await fetch(office.dataset.url, { headers: { Accept: "text/html" }, redirect: "error" });
      if (answer.status === 403) { location.reload(); return; }
      if (!answer.ok) throw new Error(String(answer.status));
      show(await answer.text());
      office.classList.remove("office-stale");
    } catch {
      office.classList.add("office-stale");
    } finally {
      loading = false;
      if (again) { again = false; soon(); } else if (!timer) timer = setTimeout(load, QUIET_MS);
    }
  }

  // A reader who is on a link or has marked text keeps it.
  function show(html) {
    const focus = office.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    if (!getSelection().isCollapsed && office.contains(getSelection().anchorNode)) return;
    office.innerHTML = html;
    if (focus) office.querySelector(`a[href="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true });
  }

  function soon() {
    if (document.hidden) return;
    clearTimeout(timer);
    timer = setTimeout(load, Math.max(0, fetchedAt + FRAME_MS - Date.now()));
  }

  function listen() {
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/office`);
    let waiting = false;
    socket.onmessage = () => {
      wait = 1000;
      if (waiting) return;
      waiting = true;
      setTimeout(() => { waiting = false; soon(); }, 0);
    };
    socket.onclose = () => {
      setTimeout(listen, wait);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    };
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(); });
  timer = setTimeout(load, QUIET_MS);
  listen();
})();
