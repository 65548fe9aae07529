module semper.dev/go/semper

go 1.24
