// Package web is the shell around every page that a person sees: it renders page structs, speaks their languages, sets
// cookies and security headers, and serves stylesheets, scripts and pictures.
//
//	page struct ──▶ Renderer.Render ──▶ template of the same name, in the person's language ──▶ headers, body
//	                     │
//	                     ├── languages.go, text.go   the catalogue: every word on a page comes from it
//	                     ├── brand.go                the operator's colour as a stylesheet, readable on light and dark
//	                     ├── headers.go              Content-Security-Policy and its companions
//	                     └── assets.go               /static/… under names that change with the content
//
// A face (the subscriber's pages, the portal) brings a file system with the folders templates, languages and static. No
// script or style stands inside a page, and nothing is fetched from another host, so the policy can forbid both.
//
// It refuses to know what a page is for: no rule, no database, no request parameter is read here.
package web
