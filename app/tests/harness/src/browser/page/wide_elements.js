// The elements that make the page wider than its window, innermost ones included.
(() => {
  const page = document.scrollingElement;
  if (page.scrollWidth <= page.clientWidth) return [];
  const wide = [...document.body.querySelectorAll("*")].filter((element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && (box.right > page.clientWidth + 0.5 || box.left < -0.5);
  });
  return [`${page.scrollWidth} of ${page.clientWidth} pixels`, ...wide.map((element) => element.outerHTML.slice(0, 120))];
})()
