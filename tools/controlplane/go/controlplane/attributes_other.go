//go:build !linux

package main

import "syscall"

// childAttributes makes a process group of its own; other systems have no death signal.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
