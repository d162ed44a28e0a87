// Draws a figure when the reader scrolls to it. DecompressionStream and inline scripts work in the sandboxed
// frame of the Kubeflow dashboard as well as from a file
// (https://developer.mozilla.org/docs/Web/API/DecompressionStream).
(async () => {
  const packed = document.getElementById("plotly").textContent;
  const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const script = document.createElement("script");
  script.textContent = await new Response(stream).text();
  document.head.append(script);
  const draw = (box) => {
    if (box.dataset.drawn) return;
    box.dataset.drawn = "yes";
    const figure = JSON.parse(box.querySelector("script").textContent);
    Plotly.newPlot(box, figure.data, figure.layout, {
      responsive: true,
      displaylogo: false,
      displayModeBar: false,
    });
  };
  const boxes = [...document.querySelectorAll(".figure")];
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) draw(entry.target);
  }, { rootMargin: "400px" });
  boxes.forEach((box) => watcher.observe(box));
  addEventListener("beforeprint", () => boxes.forEach(draw));
})();
