// Package archtest holds tests that read the repository instead of running it: that imports point down
// (docs/architecture.md), and that no file names the machine on which it was written. It has no code of its own and nothing
// imports it.
//
//	imports_test.go   which package may import which, with the reason for each rule
//	files_test.go     what no file may say
package archtest
