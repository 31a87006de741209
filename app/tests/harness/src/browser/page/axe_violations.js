// What axe finds, with its default rules and the size of targets of WCAG 2.2, success criterion 2.5.8.
(async () => {
  const options = { preload: false, resultTypes: ["violations"], rules: { "target-size": { enabled: true } } };
  const { violations } = await axe.run(document, options);
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)}: ${node.failureSummary}`));
})()
