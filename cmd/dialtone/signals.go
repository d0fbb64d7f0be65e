package main

import (
	"os"
	"os/signal"
	"syscall"
)

// outlive makes the process outlive its terminal and the reader of its output: a write to it fails then, and no signal ends us.
func outlive() { signal.Ignore(syscall.SIGPIPE, syscall.SIGHUP) }

// onHangUp does something at each SIGHUP. The function that it returns stops it.
func onHangUp(do func()) (stop func()) {
	hangUps := make(chan os.Signal, 1)
	signal.Notify(hangUps, syscall.SIGHUP)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-hangUps:
				do()
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(hangUps)
		close(done)
	}
}
