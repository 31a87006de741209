//! Steps of sign-in and sign-out.

use crate::browser::{Element, Page};

/// Clicks the link of the bar and chooses this person at the provider.
pub async fn sign_in_as(page: &Page, name: &str) {
    page.follow("Sign in with Azure").await;
    choose_person(page, name).await;
}

/// Chooses a person on the provider's page; the rest of a button's name describes the person.
pub async fn choose_person(page: &Page, name: &str) {
    let buttons = page.find_all("button").await;
    let button = buttons.iter().find(|button| button.name.starts_with(name));
    let button = button.unwrap_or_else(|| panic!("there is no {name} among {buttons:#?}"));
    page.until_loaded(page.click(button)).await;
}

/// Opens the menu of the person who is signed in.
pub async fn open_menu(page: &Page, name: &str) {
    let button = page.find(MENU, name).await;
    page.click(&button).await;
    page.find("link", "Profile").await;
}

/// Signs out through the menu, here and at the provider.
pub async fn sign_out(page: &Page, name: &str) {
    open_menu(page, name).await;
    let button = page.find("button", "Sign out").await;
    page.until_at("/", page.click(&button)).await;
}

/// The name of the signed-in user in the menu; `None` if the page offers to sign in.
pub async fn signed_in(page: &Page) -> Option<String> {
    let mut menus = page.find_all(MENU).await;
    menus.retain(|menu: &Element| menu.name.ends_with(" Example"));
    if menus.is_empty() {
        page.find("link", "Sign in with Azure").await;
    }
    menus.pop().map(|menu| menu.name)
}

/// The role of the button that opens the menu.
pub const MENU: &str = "button";
