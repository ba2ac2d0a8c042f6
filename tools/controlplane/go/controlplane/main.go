// One binary for the whole control plane: etcd, kube-apiserver, kube-controller-manager,
// kube-scheduler and kubectl link together far faster, and into far less disk, than one by one.
//
// Every part, and every program run by `supervise`, ends when standard input closes. The parent holds
// the other end of that pipe, so however the parent dies (SIGKILL included) nothing is left behind.
package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

const usage = "usage: controlplane etcd|kube-apiserver|kube-controller-manager|kube-scheduler|kubectl|supervise [ARGUMENT ...]"

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(64)
	}
	part := os.Args[1]
	arguments := os.Args[2:]
	os.Args = append([]string{part}, arguments...)
	switch part {
	case "etcd":
		exitWithStandardInput(nil)
		etcdmain.Main(os.Args)
	case "kube-apiserver":
		exitWithStandardInput(nil)
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "kube-controller-manager":
		exitWithStandardInput(nil)
		os.Exit(cli.Run(controllermanager.NewControllerManagerCommand()))
	case "kube-scheduler":
		exitWithStandardInput(nil)
		os.Exit(cli.Run(scheduler.NewSchedulerCommand()))
	case "kubectl":
		// The one part a person drives: its standard input is the person's.
		if err := cli.RunNoErrOutput(cmd.NewDefaultKubectlCommand()); err != nil {
			util.CheckErr(err)
		}
	case "supervise":
		os.Exit(supervise(arguments))
	default:
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(64)
	}
}

// exitWithStandardInput ends this process, after stop, once the parent's end of the pipe is closed.
func exitWithStandardInput(stop func()) {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		if stop != nil {
			stop()
		}
		os.Exit(0)
	}()
}

// supervise runs another program in a process group of its own and kills the group when standard input closes.
func supervise(command []string) int {
	if len(command) == 0 {
		fmt.Fprintln(os.Stderr, usage)
		return 64
	}
	// Linux sends the death signal when the thread that forked ends, so that thread must be the main one.
	runtime.LockOSThread()
	child := exec.Command(command[0], command[1:]...)
	child.Stdout = os.Stdout
	child.Stderr = os.Stderr
	child.SysProcAttr = childAttributes()
	if err := child.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 127
	}
	killGroup := func() { _ = syscall.Kill(-child.Process.Pid, syscall.SIGKILL) }
	exitWithStandardInput(killGroup)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-signals
		_ = syscall.Kill(-child.Process.Pid, syscall.SIGTERM)
		time.Sleep(2 * time.Second)
		killGroup()
	}()
	_ = child.Wait()
	killGroup()
	return child.ProcessState.ExitCode()
}
