/** Give every control a key, leaving alone what a focused control does with it by itself. */

const STEP_SECONDS = 5;
const STEP_VOLUME = 5;

export function listenToKeys(controls, menus) {
  const always = {
    k: () => controls.toggle(),
    m: () => controls.toggleMute(),
    c: () => menus.toggleCaptions(),
    f: () => controls.toggleFullscreen(),
  };
  const unlessTaken = {
    " ": () => controls.toggle(),
    ArrowLeft: () => controls.seekBy(-STEP_SECONDS),
    ArrowRight: () => controls.seekBy(STEP_SECONDS),
    ArrowUp: () => controls.changeVolume(STEP_VOLUME),
    ArrowDown: () => controls.changeVolume(-STEP_VOLUME),
    Home: () => controls.seekTo(0),
    End: () => controls.seekTo(Infinity),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    const act = always[event.key.toLowerCase()] || (!takes(event.target, event.key) && unlessTaken[event.key]);
    if (!act) return;
    event.preventDefault();
    if (event.repeat && !event.key.startsWith("Arrow")) return; // a key held down would switch to and fro
    controls.wake();
    act();
  });
}

/** Whether the focused element has a use of its own for the key. */
function takes(target, key) {
  if (target.closest('[role="menu"]')) return true;
  if (target.closest(".scroll")) return key !== " " || Boolean(target.closest("button"));
  if (target.id === "volume") return key !== " ";
  if (target.id === "seek") return false; // our steps of five seconds are better than a range's own
  return Boolean(target.closest("button, a, summary, input")) && key === " ";
}
