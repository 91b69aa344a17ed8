// Written by manage.py bake_figures.

export default {
  "bird-dog": () => import("./bird-dog.js"),
  "bridge": () => import("./bridge.js"),
  "cat-camel": () => import("./cat-camel.js"),
  "clamshell": () => import("./clamshell.js"),
  "graded-walk": () => import("./graded-walk.js"),
  "knee-rolls": () => import("./knee-rolls.js"),
  "lying-buttock-stretch": () => import("./lying-buttock-stretch.js"),
  "lying-hamstring-stretch": () => import("./lying-hamstring-stretch.js"),
  "press-up": () => import("./press-up.js"),
  "seated-nerve-slider": () => import("./seated-nerve-slider.js"),
  "single-knee-to-chest": () => import("./single-knee-to-chest.js"),
  "standing-back-bend": () => import("./standing-back-bend.js"),
  "wall-squat": () => import("./wall-squat.js"),
};
