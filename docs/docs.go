// Package docs carries the developer's guide into the binary. The portal shows it; a test runs its commands.
package docs

import "embed"

// Guide holds guide/NN-name.md: NN is the order, name the address below /docs.
//
//go:embed guide/*.md
var Guide embed.FS
