module heddle/go_goroutines

go 1.19
