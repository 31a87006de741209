// Texts whose contrast with what is behind them is below WCAG 2.2's level AA: 4.5, or 3 for large text.
(() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const backdrop = matchMedia("(prefers-color-scheme: dark)").matches ? "black" : "white";

  // Colours of any notation, painted over each other from the bottom up: red, green, blue.
  const painted = (colours) => {
    for (const colour of [backdrop, ...colours]) {
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
    }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };

  // https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
  const luminance = (colour) => {
    const [red, green, blue] = colour.map((level) => {
      const part = level / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };

  const contrast = (first, second) => {
    const [dark, light] = [luminance(first), luminance(second)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };

  const ancestors = (element) => (element ? [...ancestors(element.parentElement), element] : []);

  const isShown = (element) => {
    const box = element.getBoundingClientRect();
    return element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && box.width > 1 && box.height > 1;
  };

  const contrastOf = (element) => {
    const behind = ancestors(element).map((each) => getComputedStyle(each).backgroundColor);
    return contrast(painted([...behind, getComputedStyle(element).color]), painted(behind));
  };

  const needed = (element) => {
    const style = getComputedStyle(element);
    const [size, weight] = [parseFloat(style.fontSize), Number(style.fontWeight)];
    return size >= 24 || (size >= 18.66 && weight >= 700) ? 3 : 4.5;
  };

  const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "");
  const isField = (element) => element.matches("input:not([type=hidden]), textarea");
  return [...document.body.querySelectorAll("*")]
    .filter((element) => (hasText(element) || isField(element)) && isShown(element))
    .filter((element) => contrastOf(element) < needed(element))
    .map((element) => `${contrastOf(element).toFixed(2)}: ${element.outerHTML.slice(0, 120)}`);
})()
