//go:build unix

package server

import "syscall"

// mostDescriptors is how many files and connections the process may have open; 0: nobody knows. Go has raised the soft limit to
// the hard one at the start.
func mostDescriptors() uint64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	return uint64(limit.Cur)
}
