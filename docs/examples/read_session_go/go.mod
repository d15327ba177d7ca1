module example.com/read_session

go 1.19
