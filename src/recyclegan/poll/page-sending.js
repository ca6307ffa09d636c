// A vote leaves this browser's queue only when the server says that it is on its disk.

const post = (path, content) => fetch(path, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(content),
});

let sending = false;
async function send() {
  if (sending) return;
  sending = true;
  let wait = 1000;
  while (state.sending.length) {
    const [cast] = state.sending;
    try {
      const answer = await post("vote", cast);
      if (answer.status >= 500) throw new Error("not stored");
      if (!answer.ok) {
        say(`The server refused an answer: ${(await answer.json()).error}`, true);
        break;
      }
      state.sending = state.sending.filter(({ number }) => number !== cast.number);
      store();
      if (wait > 1000) say("Connected again.");
      wait = 1000;
    } catch {
      say("Not connected: your answers are kept in this browser and sent again.", true);
      await new Promise((done) => setTimeout(done, wait));
      wait = Math.min(2 * wait, 15000);
    }
    showStored();
  }
  sending = false;
}

// The server knows which ballot this voter has, and what of it is stored.
async function arrive() {
  for (let wait = 1000; ; wait = Math.min(2 * wait, 15000)) {
    try {
      const answer = await post("begin", {});
      if (!answer.ok) throw new Error("refused");
      const { voter, ballot, votes } = await answer.json();
      const here = load();
      state = here?.voter === voter ? { ...here, ballot } : fresh(voter, ballot);
      state.votes = {};
      for (const cast of [...votes, ...state.sending]) {
        if (cast.answer) state.votes[cast.question] = cast;
        else delete state.votes[cast.question];
      }
      state.number = Math.max(state.number ?? 0, ...votes.map((cast) => cast.number));
      store();
      return send();
    } catch {
      say("Not connected: trying again.", true);
      await new Promise((done) => setTimeout(done, wait));
    }
  }
}
function showStored() {
  const left = state.sending.length;
  if ($("stored")) {
    $("stored").textContent = left
      ? `${left} of your answers are still on their way: please keep this page open.`
      : "All your answers are stored. You may close this page.";
  }
}
