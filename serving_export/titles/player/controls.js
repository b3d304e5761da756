/** Play, pause, seek, change the volume and fill the screen; the buttons and keys call these. */

import { clock, spoken } from "./words.js";

const IDLE_MS = 2500;
const byId = (id) => document.getElementById(id);

export class Controls {
  constructor(player, video, change) {
    this.player = player;
    this.video = video;
    this.change = change;
    this.target = null; // where a seek goes that still waits
    this.stage = byId("stage");
    this.seekBar = byId("seek");
    this.dragging = false;
    this.listenToVideo();
    this.listenToButtons();
    this.listenToIdleness();
    this.start();
    this.showTime();
    this.showVolume();
  }

  /** At once where the browser and the viewer allow it, else behind a button. */
  start() {
    const offer = () => {
      byId("start").hidden = false;
    };
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) offer();
    else {
      this.video.play().catch((error) => {
        if (error.name === "NotAllowedError") offer(); // most browsers want a press before there is sound
      }); // and who pauses before the first frame is offered nothing
    }
  }

  listenToVideo() {
    const on = (names, call) => names.forEach((name) => this.video.addEventListener(name, call));
    on(["timeupdate", "durationchange", "progress", "seeking"], () => this.showTime());
    on(["volumechange"], () => this.showVolume());
    on(["play", "pause", "ended"], () => this.showPlaying());
    on(["playing"], () => this.showWaiting(false));
    on(["play"], () => {
      byId("start").hidden = true;
    });
    this.player.addEventListener("buffering", (event) => this.showWaiting(event.buffering));
  }

  listenToButtons() {
    byId("play").addEventListener("click", () => this.toggle());
    byId("start").addEventListener("click", () => this.toggle());
    byId("mute").addEventListener("click", () => this.toggleMute());
    byId("fullscreen").addEventListener("click", () => this.toggleFullscreen());
    this.video.addEventListener("click", () => this.pressed());
    byId("volume").addEventListener("input", (event) => this.setVolume(event.target.value / 100));
    this.seekBar.addEventListener("input", () => {
      this.dragging = true;
      this.showTime();
    });
    this.seekBar.addEventListener("change", () => {
      this.dragging = false;
      this.seekTo(Number(this.seekBar.value));
    });
    document.addEventListener("fullscreenchange", () => {
      const full = document.fullscreenElement === this.stage;
      byId("fullscreen").setAttribute("aria-pressed", full);
      byId("fullscreen").setAttribute("aria-label", full ? "Leave full screen" : "Full screen");
    });
  }

  /** A finger first brings the controls back; a mouse has them already and pauses. */
  pressed() {
    if (!matchMedia("(hover: none)").matches || !this.slept) this.toggle();
  }

  listenToIdleness() {
    this.stage.addEventListener("pointerdown", () => {
      this.slept = this.stage.classList.contains("idle");
    });
    const woken = () => this.wake();
    ["pointermove", "pointerdown", "focusin", "keydown"].forEach((name) => this.stage.addEventListener(name, woken));
    this.video.addEventListener("play", woken);
    this.stage.addEventListener("pointerleave", ({ pointerType }) => pointerType !== "touch" && this.rest()); // a finger leaves with each tap
  }

  wake() {
    this.stage.classList.remove("idle");
    clearTimeout(this.idling);
    this.idling = setTimeout(() => this.rest(), IDLE_MS);
  }

  rest() {
    const busy = this.stage.querySelector('[aria-expanded="true"], .controls :focus-visible');
    if (!this.video.paused && !busy) this.stage.classList.add("idle");
  }

  toggle() {
    if (!this.video.paused) return this.video.pause();
    // another sound chosen at the end of DASH takes the end back, so that the browser would play on to it
    if (this.video.currentTime > this.player.seekRange().end - 0.1) this.seekTo(0);
    return this.video.play().catch(() => this.say("The browser did not let the title play"));
  }

  seekTo(seconds) {
    const { start, end } = this.player.seekRange();
    this.target = Math.min(Math.max(seconds, start), Math.max(start, end - 0.05));
    this.change.place(() => {
      this.video.currentTime = this.target;
      this.target = null;
    });
    this.showTime();
  }

  seekBy(seconds) {
    this.seekTo(this.position() + seconds);
    this.say(spoken(this.position()));
  }

  /** Where the bar stands: under a finger, where a seek goes, else where the title is. */
  position() {
    return this.dragging ? Number(this.seekBar.value) : this.target ?? this.video.currentTime;
  }

  setVolume(share) {
    this.video.volume = Math.min(1, Math.max(0, share));
    this.video.muted = this.video.volume === 0;
  }

  changeVolume(by) {
    this.setVolume(Math.round((this.video.muted ? 0 : this.video.volume) * 100 + by) / 100);
    this.say(`Volume ${Math.round(this.video.volume * 100)} percent`);
  }

  toggleMute() {
    this.video.muted = !this.video.muted;
    if (!this.video.muted && this.video.volume === 0) this.video.volume = 0.5;
    this.say(this.video.muted ? "Muted" : "Sound on");
  }

  toggleFullscreen() {
    const done = document.fullscreenElement ? document.exitFullscreen() : this.fillScreen();
    done.catch(() => this.say("The browser did not let the player fill the screen"));
  }

  async fillScreen() {
    if (this.stage.requestFullscreen) await this.stage.requestFullscreen();
    else this.video.webkitEnterFullscreen(); // phones that fill the screen with a video alone
  }

  showTime(seconds = this.position()) {
    const { start, end } = this.player.seekRange();
    const share = (at) => `${end > start ? (100 * (at - start)) / (end - start) : 0}%`;
    byId("time").textContent = clock(seconds);
    byId("duration").textContent = clock(end + 0.1); // sound may end a frame before the last second does
    this.seekBar.min = start;
    this.seekBar.max = end;
    if (!this.dragging) this.seekBar.value = seconds;
    this.seekBar.setAttribute("aria-valuetext", `${spoken(seconds)} of ${spoken(end)}`);
    const buffered = this.player.getBufferedInfo().total.find((part) => part.start <= seconds + 0.1 && part.end >= seconds);
    this.seekBar.style.setProperty("--played", share(seconds));
    this.seekBar.style.setProperty("--loaded", share(buffered ? buffered.end : seconds));
  }

  showVolume() {
    const silent = this.video.muted || this.video.volume === 0;
    const share = silent ? 0 : Math.round(this.video.volume * 100);
    byId("volume").value = share;
    byId("volume").style.setProperty("--played", `${share}%`);
    byId("volume").setAttribute("aria-valuetext", silent ? "muted" : `${share} percent`);
    byId("mute").setAttribute("aria-pressed", silent);
    byId("mute").setAttribute("aria-label", silent ? "Unmute" : "Mute");
    this.stage.classList.toggle("muted", silent);
  }

  showPlaying() {
    const playing = !this.video.paused && !this.video.ended;
    byId("play").setAttribute("aria-label", playing ? "Pause" : "Play");
    this.stage.classList.toggle("playing", playing);
    if (!playing) this.stage.classList.remove("idle");
  }

  showWaiting(waiting) {
    this.stage.classList.toggle("waiting", waiting);
  }

  /** Tell a screen reader what a key did. */
  say(words) {
    byId("said").textContent = words;
  }
}
