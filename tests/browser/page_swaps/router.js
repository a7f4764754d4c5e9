/* A client-side router as shops write them: it fetches the page, puts it in place of the
 * one that is shown, and runs its scripts. With data-keeps="text" or "nodes" on its tag
 * it goes back to what it has kept of a page. */
(function () {
  'use strict';

  const keeps = document.currentScript.dataset.keeps;
  const kept = new Map();
  let shown = location.href;

  async function show(url) {
    const main = document.querySelector('main');
    if (keeps === 'text') kept.set(shown, main.innerHTML);
    if (keeps === 'nodes') kept.set(shown, main.cloneNode(true));
    const old = kept.get(url);
    if (old) {
      if (keeps === 'text') main.innerHTML = old;
      else main.replaceWith(old.cloneNode(true));
    } else {
      const text = await (await fetch(url)).text();
      const page = new DOMParser().parseFromString(text, 'text/html');
      main.replaceWith(document.adoptNode(page.querySelector('main')));
    }
    runScripts();
    shown = url;
    document.documentElement.dataset.shown = url;
  }

  function runScripts() {
    for (const inert of document.querySelectorAll('main script')) {
      const script = document.createElement('script');
      for (const { name, value } of inert.attributes) script.setAttribute(name, value);
      script.async = false;
      inert.replaceWith(script);
    }
  }

  addEventListener('click', (event) => {
    const link = event.target.closest('nav a');
    if (link) {
      event.preventDefault();
      history.pushState({}, '', link.href);
      show(link.href);
    }
  });
  addEventListener('popstate', () => show(location.href));
}());
