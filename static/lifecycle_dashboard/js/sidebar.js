/**
 * Opens the admin's sidebar before the page is drawn.
 *
 * The admin's own script does the same, but only after the whole page was loaded, which moves everything to the right.
 * This is a classic script: the browser waits for it before it draws what follows.
 */
{
  const key = "django.admin.navSidebarIsOpen"; // see admin/js/nav_sidebar.js in Django
  let open = true;
  try {
    open = localStorage.getItem(key) !== "false";
  } catch {
    // The browser denies storage.
  }
  document.getElementById("main")?.classList.toggle("shifted", open);
}
