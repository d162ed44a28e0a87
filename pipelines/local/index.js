// A page is loaded on its first visit and then kept with its state. The address has the page's name in its
// fragment, which also works for files.
const links = [...document.querySelectorAll('nav a[href^="#"]')];
const menu = document.querySelector(".menu");
const phone = matchMedia("(max-width: 760px)");
const closeOnPhone = () => { menu.open = !phone.matches; };
const show = () => {
  const wanted = decodeURIComponent(location.hash.slice(1));
  const found = links.find((a) => a.hash.slice(1) === wanted);
  // Another fragment is a place on the page that is shown, such as that of the skip link.
  if (!found && document.querySelector("nav [aria-current]")) return;
  const link = found || links[0];
  const id = "view-" + link.hash.slice(1);
  if (!document.getElementById(id)) {
    const frame = document.createElement("iframe");
    Object.assign(frame, { id, className: "view", src: link.dataset.page, title: link.dataset.title });
    document.querySelector(".views").append(frame);
  }
  document.querySelectorAll(".view").forEach((view) => { view.hidden = view.id !== id; });
  links.forEach((a) => a.removeAttribute("aria-current"));
  link.setAttribute("aria-current", "page");
  closeOnPhone();
  scrollTo(0, 0);
};
addEventListener("hashchange", show);
// Scrolling on a phone resizes the window, which must not close the menu.
phone.addEventListener("change", closeOnPhone);
show();
