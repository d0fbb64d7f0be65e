// Package docs carries the developer's guide into the binary. The portal shows it; a test runs its commands.
package docs

import "embed"

// Guide holds guide/NN-name.md: NN is the order, name the address below /docs. The pages that belong to one of them are in a folder
// with its name: guide/libraries/NN-name.md. interop/ runs the programs there.
//
//go:embed guide/*.md guide/libraries/*.md
var Guide embed.FS
