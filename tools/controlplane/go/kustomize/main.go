// The real kustomize, and the same for many builds in one process: starting it anew for each input costs the
// fuzzer far more than the builds themselves.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/kustomize/v5/commands"
	"sigs.k8s.io/kustomize/kustomize/v5/commands/build"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/openapi"
)

// input is one build: the text of each file by path, and the folder to build.
type input struct {
	Files  map[string]string `json:"files"`
	Target string            `json:"target"`
}

// outcome is what a build came to: built, refused or panicked.
type outcome struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "many" {
		many(os.Stdin, os.Stdout)
		return
	}
	if err := commands.NewDefaultCommand().Execute(); err != nil {
		os.Exit(1)
	}
}

// many builds each line of from, an input as JSON, and writes its outcome as a line, until from ends.
func many(from io.Reader, to io.Writer) {
	log.SetOutput(io.Discard)
	lines := bufio.NewReaderSize(from, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var in input
		if err := json.Unmarshal(line, &in); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(64)
		}
		out, err := json.Marshal(one(in))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(64)
		}
		if _, err := to.Write(append(out, '\n')); err != nil {
			return
		}
	}
}

func one(in input) (out outcome) {
	// The schemas are a global of the tool; a build that sets its own must not see or leave others.
	if setsSchema(in) {
		openapi.ResetOpenAPI()
		defer openapi.ResetOpenAPI()
	}
	folder, err := os.MkdirTemp("", "kustomize-many-")
	if err != nil {
		return outcome{"failed", err.Error()}
	}
	defer os.RemoveAll(folder)
	for path, text := range in.Files {
		full := filepath.Join(folder, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return outcome{"failed", err.Error()}
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			return outcome{"failed", err.Error()}
		}
	}
	if err := os.Chdir(folder); err != nil {
		return outcome{"failed", err.Error()}
	}
	defer func() {
		if thrown := recover(); thrown != nil {
			out = outcome{"panicked", fmt.Sprint(thrown)}
		}
	}()
	var text bytes.Buffer
	command := build.NewCmdBuild(filesys.MakeFsOnDisk(), build.MakeHelp("kustomize", "build"), &text)
	command.SilenceErrors, command.SilenceUsage = true, true
	command.SetArgs([]string{in.Target})
	if err := command.Execute(); err != nil {
		return outcome{"refused", err.Error()}
	}
	return outcome{"built", text.String()}
}

func setsSchema(in input) bool {
	for _, text := range in.Files {
		if strings.Contains(strings.ToLower(text), "openapi") {
			return true
		}
	}
	return false
}
