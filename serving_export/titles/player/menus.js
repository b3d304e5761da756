/** Choose captions, sound and quality from menus that mouse, finger and keyboard can use. */

import { label, playing, withTheSound } from "./renditions.js";
import { areCaptionsLost, language } from "./words.js";

const LOST = "A part of these is lost: the film plays without them";

const ROLES = {
  "describes-video": "audio description", description: "audio description", commentary: "commentary",
  "public.accessibility.describes-video": "audio description",
};

export class Menus {
  constructor(player, controls, change) {
    this.player = player;
    this.controls = controls;
    this.lastCaptions = null;
    this.lost = new Set(); // ids of captions that lack a part
    this.change = change;
    this.menus = Object.fromEntries([...document.querySelectorAll("[data-menu]")].map((place) => [place.dataset.menu, new Menu(place)]));
    document.addEventListener("pointerdown", (event) => {
      for (const menu of Object.values(this.menus)) if (!menu.place.contains(event.target)) menu.close();
    });
    player.addEventListener("error", ({ detail }) => areCaptionsLost(detail) && this.loseCaptions());
  }

  update(entries) {
    this.updateCaptions();
    this.updateAudio();
    this.updateQuality(entries);
  }

  updateCaptions() {
    const tracks = this.player.getTextTracks();
    const active = tracks.find((track) => track.active);
    const items = tracks.map((track) => ({ text: trackName(track), note: this.lost.has(track.id) ? LOST : "", checked: track === active, choose: () => this.chooseCaptions(track) }));
    const off = { text: "Off", checked: !active, choose: () => this.chooseCaptions(null) };
    this.menus.captions.fill(items.length ? [off, ...items] : []);
    this.menus.captions.place.classList.toggle("on", Boolean(active));
  }

  chooseCaptions(track) {
    this.lastCaptions = track || this.player.getTextTracks().find((one) => one.active) || this.lastCaptions;
    document.getElementById("stage").classList.toggle("captioned", Boolean(track));
    const active = () => this.player.getTextTracks().find((one) => one.active)?.id;
    this.change.to("text", () => this.player.selectTextTrack(track), () => active() === track?.id);
    this.controls.say(track ? `Captions ${trackName(track)}` : "Captions off");
    this.updateCaptions();
  }

  /** Play without captions of which a part is lost, and say so where they are chosen. */
  loseCaptions() {
    const active = this.player.getTextTracks().find((track) => track.active);
    if (!active) return;
    this.lost.add(active.id);
    this.chooseCaptions(null);
    this.controls.say(`Captions ${trackName(active)} cannot be loaded`);
  }

  toggleCaptions() {
    const tracks = this.player.getTextTracks();
    if (!tracks.length) this.controls.say("This title has no captions");
    else if (document.getElementById("stage").classList.contains("captioned")) this.chooseCaptions(null);
    else this.chooseCaptions(tracks.find((track) => track.id === this.lastCaptions?.id) || tracks[0]);
  }

  updateAudio() {
    const tracks = this.player.getAudioTracks();
    const codec = tracks.find((track) => track.active)?.codecs;
    const items = [...new Set(tracks.map(soundName))].map((name) => {
      const own = tracks.filter((track) => soundName(track) === name); // the same sound in each codec
      const track = own.find((one) => one.codecs === codec) || own[0];
      return {
        text: name, checked: own.some((one) => one.active),
        choose: () => this.chooseSound(track, name),
      };
    });
    this.menus.audio.fill(items.length > 1 ? items : []);
  }

  chooseSound(track, name) {
    const plays = () => this.player.getAudioTracks().some((one) => one.active && soundName(one) === name);
    this.change.to("audio", () => this.player.selectAudioTrack(track), plays);
    this.controls.say(`Audio ${name}`);
  }

  updateQuality(entries) {
    const auto = this.player.getConfiguration().abr.enabled;
    const active = playing(entries, this.player);
    const items = entries.map((entry) => ({
      text: label(entry, entries), note: entry.why, disabled: !entry.track,
      checked: !auto && entry === active, choose: () => this.chooseQuality(entry, entries),
    }));
    const now = active ? active.lines : "";
    this.menus.quality.fill([{ text: "Auto", note: auto && now ? `now ${now}` : "", checked: auto, choose: () => this.chooseQuality(null, entries) }, ...items]);
    document.getElementById("quality").textContent = auto ? "Auto" : now;
    this.menus.quality.button.setAttribute("aria-label", `Quality: ${auto ? `Auto${now && `, now ${now}`}` : now}`);
  }

  chooseQuality(entry, entries) {
    this.player.configure("abr.enabled", !entry);
    if (entry) {
      const wanted = () => withTheSound(this.player, entry.track);
      this.change.to("video", () => this.player.selectVariantTrack(wanted(), true, 2), () => wanted().active);
    } else this.change.cancel("video");
    this.controls.say(entry ? `Quality ${label(entry, entries)}` : "Quality automatic");
    this.updateQuality(entries);
  }
}

/** The name that the title gives it, else its language and what is special about it. */
function trackName(track) {
  return track.label || named(track.language, track.roles.includes("caption") ? "captions" : "");
}

function soundName(track) {
  const channels = track.channelsCount > 2 ? ` ${track.channelsCount - 1}.1` : "";
  return (track.label || named(track.language, track.roles.map((role) => ROLES[role]).find(Boolean))) + channels;
}

function named(tag, special) {
  return special ? `${language(tag)} (${special})` : language(tag);
}

/** A button with a list of which one is chosen (WAI-ARIA, menu button pattern). */
class Menu {
  constructor(place) {
    this.place = place;
    [this.button, this.list] = [place.querySelector("button"), place.querySelector("ul")];
    this.button.addEventListener("click", () => (this.list.hidden ? this.open() : this.close()));
    place.addEventListener("keydown", (event) => this.keyed(event));
    place.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !place.contains(event.relatedTarget)) this.close();
    });
  }

  /** Show these items; the menu is not there while it has none. */
  fill(items) {
    this.place.hidden = !items.length;
    const focused = [...this.list.children].indexOf(document.activeElement);
    this.list.replaceChildren(...items.map((item) => this.item(item)));
    // and leave the list where somebody has scrolled it
    if (focused >= 0) this.list.children[Math.min(focused, items.length - 1)]?.focus({ preventScroll: true });
  }

  item({ text, note, checked, disabled, choose }) {
    const item = document.createElement("li");
    item.setAttribute("role", "menuitemradio");
    item.setAttribute("aria-checked", Boolean(checked));
    item.tabIndex = -1;
    item.append(Object.assign(document.createElement("span"), { textContent: text }));
    if (note) item.append(Object.assign(document.createElement("small"), { textContent: note }));
    if (disabled) item.setAttribute("aria-disabled", "true");
    else item.addEventListener("click", () => {
      choose();
      this.close();
    });
    return item;
  }

  open() {
    document.getElementById("preview").hidden = true;
    this.list.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    (this.list.querySelector('[aria-checked="true"]') || this.list.firstElementChild)?.focus();
  }

  close() {
    if (this.list.hidden) return;
    const inside = this.list.contains(document.activeElement);
    this.list.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    if (inside) this.button.focus();
  }

  keyed(event) {
    const items = [...this.list.children];
    const at = items.indexOf(document.activeElement);
    const moves = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 };
    if (this.list.hidden) {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      this.open();
    } else if (event.key in moves) items.at(moves[event.key] % items.length).focus();
    else if (event.key === "Escape" || event.key === "Tab") this.close();
    else if (event.key === "Enter" || event.key === " ") document.activeElement.click();
    else return;
    if (event.key !== "Tab") event.preventDefault();
  }
}
