// Composecheck reads a compose file as `docker compose` does and prints it as JSON, with every
// variable filled in: composecheck FILE [ENVFILE]. A wrong file is told on standard error, status 1.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	options := []cli.ProjectOptionsFn{cli.WithName("pactdesk")}
	if len(os.Args) > 2 {
		options = append(options, cli.WithEnvFiles(os.Args[2]), cli.WithDotEnv)
	}
	project, err := cli.NewProjectOptions(os.Args[1:2], options...)
	if err != nil {
		fail(err)
	}
	loaded, err := project.LoadProject(context.Background())
	if err != nil {
		fail(err)
	}
	document, err := loaded.MarshalJSON()
	if err != nil {
		fail(err)
	}
	fmt.Println(string(document))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
